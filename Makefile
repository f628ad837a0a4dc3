# Everything one does here. `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
E2E := test/e2e
FUZZTIME := 60s
SOAK := 5m

.PHONY: help build run test test-go test-e2e test-provider e2e-deps matrix lint generate bench bench-parts fuzz soak vuln check clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

build: ## build bin/sluice
	go build -trimpath -o bin/sluice ./cmd/sluice

run: ## serve on :8787 with the built-in fake provider
	go run ./cmd/sluice serve --mock

test: e2e-deps ## every test: Go with the race detector, then real SDKs against the binary
	@[ -n "$$SLUICE_CORPUS" ] || echo "== SLUICE_CORPUS is not set: the tests against recorded traffic are skipped"
	@echo "== go test -race ./..."
	go test -race -timeout 10m ./...
	@echo "== SDK tests (Go, Node, Python) against the binary"
	cd $(E2E) && go test -count=1 -timeout 10m -v ./... | grep -vE '^=== '

test-go: ## only the Go tests
	go test -race ./...

test-e2e: e2e-deps ## only the SDK tests
	cd $(E2E) && go test -count=1 -timeout 10m -v ./...

test-provider: ## the catalogue's tests; P=groq for one provider
	go test ./internal/provider/... -run '$(if $(P),/$(P)$$,.)'

# What the SDK tests need that a fresh machine lacks.
e2e-deps: $(E2E)/node_modules/.installed $(E2E)/.venv/.installed

$(E2E)/node_modules/.installed: $(E2E)/package-lock.json
	@command -v npm >/dev/null || { echo "the SDK tests need Node.js 20 or newer with npm: install them and run make test again"; exit 1; }
	@echo "== installing the Node SDKs into $(E2E)/node_modules"
	cd $(E2E) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(E2E)/.venv/.installed: $(E2E)/requirements.txt
	@command -v python3 >/dev/null || { echo "the SDK tests need Python 3.11 or newer: install it and run make test again"; exit 1; }
	@echo "== installing the Python SDKs into $(E2E)/.venv"
	cd $(E2E) && python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

matrix: ## every client dialect against every provider dialect: what passes, what is lost
	go run ./tools/matrix

lint: ## golangci-lint, built from tools/lint/go.mod
	go tool -modfile=tools/lint/go.mod golangci-lint run ./...

generate: ## write what is generated: provider pages, README matrix, config reference
	go run ./tools/gen

bench: ## what the gateway adds, beside nginx and a plain proxy; BENCH=S1,S2 for some, BENCHFLAGS
	go run ./bench -only '$(BENCH)' $(BENCHFLAGS)

bench-parts: ## Go benchmarks of the hot paths
	go test -run '^$$' -bench . -benchmem ./internal/...

fuzz: ## fuzz each target for a minute (FUZZTIME)
	@grep -rHo '^func Fuzz[A-Za-z]*' --include=*_test.go internal | sed 's/^\(.*\)\/[^/]*:func /\1 /' | sort | while read -r dir target; do \
		go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$dir || exit 1; done

soak: ## mixed load with faults, aborts and reloads for five minutes (SOAK=1h)
	SOAK=$(SOAK) go test -count=1 -timeout 0 -v ./test/abuse

vuln: ## known vulnerabilities in what is linked (asks vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@latest ./...

check: generate lint test ## what to run before a commit
	@git diff --exit-code --stat

clean: ## remove what was built or installed
	rm -rf bin $(E2E)/node_modules $(E2E)/.venv
