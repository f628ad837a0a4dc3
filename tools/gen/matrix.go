package main

import (
	"fmt"
	"strings"

	"sluice/internal/dialect/all"
	"sluice/internal/llm"
	"sluice/internal/provider"
)

var ops = []llm.Op{llm.Chat, llm.Complete, llm.Embed, llm.Rerank, llm.Draw, llm.Speak, llm.Models}

// works reports whether this build can carry out the operation.
func works(p *provider.Provider, op llm.Op) bool {
	e, has := p.Ops[op]
	if place, err := p.Place(op, "openai"); op == llm.Complete && err == nil { // asked in its chat
		e, has = place, true
	}
	speaks, known := all.Find(e.Dialect)
	return has && (op == llm.Models || known && all.ForOpenAI(op).Carries(op, speaks))
}

// mark is a cell of the matrix.
func mark(p *provider.Provider, op llm.Op) string {
	switch e, has := p.Ops[op]; {
	case works(p, op):
		return "yes"
	case has && op != llm.Models:
		return "*" + e.Dialect + "*"
	}
	return ""
}

const legend = `"yes": it works, as it is or translated. *A word*: the vendor speaks another format that
is still to come; the operation is answered "not supported" for now. "other paths":
everything else under ` + "`/v1/`" + ` is relayed as it is (images, audio, files, rerank, ...).
`

// matrix is the table of providers and operations.
func matrix(c *provider.Catalogue, links string) string {
	var b strings.Builder
	b.WriteString("| id | provider | chat | complete | embed | rerank | image | speech | models | other paths |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, p := range c.All() {
		fmt.Fprintf(&b, "| [%s](%s%s.md) | %s |", p.ID, links, p.ID, cell(title(p)))
		for _, op := range ops {
			fmt.Fprintf(&b, " %s |", mark(p, op))
		}
		b.WriteString(" relayed |\n")
	}
	return b.String()
}

// title is the name with what a reader should know before choosing.
func title(p *provider.Provider) string {
	if p.Status != "" {
		return p.Title + " (" + p.Status + ")"
	}
	return p.Title
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// index is docs/providers/README.md.
func index(c *provider.Catalogue) string {
	speaking, all := 0, c.All()
	for _, p := range all {
		if works(p, llm.Chat) || works(p, llm.Embed) {
			speaking++
		}
	}
	return generated + "# Providers\n\n" +
		fmt.Sprintf("%d providers are known by id; %d of them do chat or embeddings.\n", len(all), speaking) +
		legend + "\nTo add one, copy `providers/_template.yaml`; `providers/schema.json` describes the format.\n\n" + matrix(c, "")
}
