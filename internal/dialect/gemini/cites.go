package gemini

import (
	"strings"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// cited is one source of a piece of the answer.
type cited struct {
	cite llm.Cite
	text string // the piece, where the vendor repeats it
}

// chunkKinds are the places a source of a grounded answer is described in.
var chunkKinds = []string{"web", "retrievedContext", "maps"}

// citesOf reads the sources of an answer: what it was grounded on and what it
// recites (Gemini API, GroundingMetadata and CitationMetadata). The objects
// themselves stay with the candidate, for clients of this family.
func citesOf(candidate *object) []cited {
	var all []cited
	g := candidate.r.Peek("groundingMetadata")
	var chunks []jsonx.Value
	for c := range jsonx.Elements(jsonx.At(g, "groundingChunks")) {
		chunks = append(chunks, c)
	}
	for s := range jsonx.Elements(jsonx.At(g, "groundingSupports")) {
		segment := jsonx.At(s, "segment")
		for i := range jsonx.Elements(jsonx.At(s, "groundingChunkIndices")) {
			if n, ok := jsonx.Int(i); ok && n >= 0 && int(n) < len(chunks) {
				all = append(all, grounded(chunks[n], segment))
			}
		}
	}
	c := candidate.r.Peek("citationMetadata")
	for _, name := range []string{"citationSources", "citations"} {
		for s := range jsonx.Elements(jsonx.At(c, name)) {
			one := cited{cite: llm.Cite{Raw: s, Family: family}}
			one.cite.URL, _ = jsonx.Text(jsonx.At(s, "uri"))
			one.cite.Title, _ = jsonx.Text(jsonx.At(s, "title"))
			one.span(s)
			all = append(all, one)
		}
	}
	return all
}

func grounded(chunk, segment jsonx.Value) cited {
	c := cited{cite: llm.Cite{Raw: chunk, Family: family}}
	for _, kind := range chunkKinds {
		v := jsonx.At(chunk, kind)
		if v == nil {
			continue
		}
		c.cite.URL, _ = jsonx.Text(jsonx.At(v, "uri"))
		c.cite.Title, _ = jsonx.Text(jsonx.At(v, "title"))
		c.cite.Quote, _ = jsonx.Text(jsonx.At(v, "text"))
	}
	c.text, _ = jsonx.Text(jsonx.At(segment, "text"))
	c.span(segment)
	return c
}

func (c *cited) span(v jsonx.Value) {
	start, _ := jsonx.Int(jsonx.At(v, "startIndex"))
	end, _ := jsonx.Int(jsonx.At(v, "endIndex"))
	c.cite.Start, c.cite.End = int(start), int(end)
}

// in places the citation in a text. Offsets are bytes; where they do not fit,
// the repeated piece is looked for, or else the whole text is the span.
func (c cited) in(text string) llm.Cite {
	at := c.cite
	fits := at.Start >= 0 && at.Start < at.End && at.End <= len(text)
	if fits && (c.text == "" || text[at.Start:at.End] == c.text) {
		return at
	}
	at.Start, at.End = 0, 0
	if i := strings.Index(text, c.text); c.text != "" && i >= 0 {
		at.Start, at.End = i, i+len(c.text)
	}
	return at
}
