package main

import (
	"fmt"
	"strings"
	"time"
)

// A route is what a gateway does with a request.
type route int

const (
	same       route = iota // to an OpenAI provider
	across                  // to an Anthropic provider
	fallback                // to one that fails, then to one that answers
	balance                 // to one of two
	slow                    // to one that streams a chunk every 200 ms
	idle                    // to one that streams a chunk a second
	long                    // to one that streams long, at full speed
	longAcross              // to an Anthropic provider that does
)

func (to route) anthropic() bool { return to == across || to == longAcross }

// A kind is a way of loading.
type kind int

const (
	closed  kind = iota // each connection asks again as soon as it is answered
	fixed               // so many requests per second: for latency
	streams             // every connection asks once, all at the same time
)

// scenario is one row of the result. Names are those of the project's targets.
type scenario struct {
	name, title string
	route       route
	kind        kind
	size        int // bytes of the request body, about
	conns       int
	chunks      int // of a streamed answer, 0 for a plain one
	ramp        time.Duration
	env         []string // beyond the defaults
	optional    bool     // only when asked for
	ours        bool     // only Sluice
}

func (r *run) all() []scenario {
	const conns, small = 32, 300
	return []scenario{
		{name: "S1", title: "chat, 0.3 KB in, 1 KB out", size: small, conns: conns},
		{name: "S2", title: "stream of 50 chunks", size: small, conns: conns, chunks: chunks},
		{name: "S3", title: "chat, OpenAI to Anthropic", route: across, size: small, conns: conns},
		{name: "S4", title: "stream of 50 chunks, OpenAI to Anthropic", route: across, size: small, conns: conns, chunks: chunks},
		{name: "S5", title: "fallback after a 500", route: fallback, size: small, conns: conns},
		{name: "S6", title: "load balance over 2", route: balance, size: small, conns: conns},
		{name: "S8", title: "chat, 100 KB in", size: 100 << 10, conns: conns},
		{name: "rate", title: fmt.Sprintf("as S1, %d requests a second", r.rate), kind: fixed, size: small, conns: 64},
		{name: "S7", title: "1,000 slow streams", route: slow, kind: streams, size: small, conns: 1000, chunks: slowChunks, ramp: time.Second},
		{name: "S7b", title: "5,000 slow streams", route: idle, kind: streams, size: small, conns: 5000, chunks: idleChunks, ramp: 4 * time.Second, env: []string{"SLUICE_MAX_INFLIGHT=8192"}},
		{name: "long", title: fmt.Sprintf("500 streams of %d tokens, GOMEMLIMIT=512MiB", r.tokens), route: long, kind: streams, size: small, conns: 500, chunks: r.tokens, ramp: time.Second, env: []string{"GOMEMLIMIT=512MiB"}, optional: true, ours: true},
		{name: "long4", title: fmt.Sprintf("the same of %d tokens, OpenAI to Anthropic", r.tokens/5), route: longAcross, kind: streams, size: small, conns: 500, chunks: r.tokens / 5, ramp: time.Second, env: []string{"GOMEMLIMIT=512MiB"}, optional: true, ours: true},
	}
}

// world is the fake providers of a run.
type world struct{ ok, ok2, failing, slow, idle, long, long4 *mock }

func newWorld(tokens int) world {
	return world{
		ok:      newMock(chunks, 1, 0),
		ok2:     newMock(chunks, 1, 0),
		failing: &mock{failing: true},
		slow:    newMock(slowChunks, 1, 200*time.Millisecond),
		idle:    newMock(idleChunks, 1, time.Second),
		long:    newMock(tokens, 20, 0),
		long4:   newMock(tokens/5, 20, 0),
	}
}

func (w world) mocks() []*mock {
	return []*mock{w.ok, w.ok2, w.failing, w.slow, w.idle, w.long, w.long4}
}

// targets are the addresses a route leads to.
func (w world) targets(to route) []string {
	switch to {
	case fallback:
		return []string{w.failing.addr, w.ok.addr}
	case balance:
		return []string{w.ok.addr, w.ok2.addr}
	case slow:
		return []string{w.slow.addr}
	case idle:
		return []string{w.idle.addr}
	case long:
		return []string{w.long.addr}
	case longAcross:
		return []string{w.long4.addr}
	}
	return []string{w.ok.addr}
}

// headers ask a gateway for a route, in Portkey's words.
func headers(to route, targets []string) string {
	provider := "openai"
	if to.anthropic() {
		provider = "anthropic"
	}
	if len(targets) == 1 {
		return "x-portkey-provider: " + provider + "\r\nx-portkey-custom-host: http://" + targets[0] + "/v1\r\n"
	}
	mode := "fallback"
	if to == balance {
		mode = "loadbalance"
	}
	var list []string
	for _, target := range targets {
		list = append(list, `{"provider":"`+provider+`","api_key":"key","custom_host":"http://`+target+`/v1"}`)
	}
	// Every request shall meet the failure: a target that always fails would be left out.
	return `x-portkey-config: {"strategy":{"mode":"` + mode + `","cb_config":{"failure_threshold":1000000}},"targets":[` + strings.Join(list, ",") + "]}\r\n"
}

// request is what a scenario sends, head and body.
func (s scenario) request(headers string) []byte {
	model := "gpt-4o-mini"
	if s.route.anthropic() {
		model = "claude-3-5-haiku-20241022"
	}
	said := 1 // sentences of a turn: a large body is a talk of turns of a kilobyte
	if s.size > 2000 {
		said = 9
	}
	turn := `{"role":"user","content":"` + strings.Repeat(`Say \"hello\" to everyone\nand name the capital of France, please, as you did the last time we spoke. `, said) +
		`"},{"role":"assistant","content":"` + strings.Repeat(`It is \"Paris\", as it has been for a while,\nand will be, unless somebody moves it; hello, everyone! `, said) + `"},`
	body := `{"model":"` + model + `","messages":[` + strings.Repeat(turn, max(1, s.size/len(turn))) + `{"role":"user","content":"Go on."}],"temperature":0.7,"max_tokens":256`
	if s.chunks > 0 {
		body += `,"stream":true`
	}
	body += "}"
	return fmt.Appendf(nil, "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer key\r\n%sContent-Length: %d\r\n\r\n%s", headers, len(body), body)
}
