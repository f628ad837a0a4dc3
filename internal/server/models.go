package server

import (
	"net/http"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/provider"
)

// modelLists are the answers to GET /v1/models that names no provider, in the
// shape of each dialect that has one: models known by name, written so that
// they can be asked for as they are.
type modelLists struct{ openai, anthropic, gemini []byte }

func newModelLists(c *provider.Catalogue) modelLists {
	type openai struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Created int64  `json:"created"`
		OwnedBy string `json:"owned_by"`
	}
	type anthropic struct {
		Type        string `json:"type"`
		ID          string `json:"id"`
		DisplayName string `json:"display_name"`
		CreatedAt   string `json:"created_at"`
	}
	type gemini struct {
		Name        string   `json:"name"`
		DisplayName string   `json:"displayName"`
		Methods     []string `json:"supportedGenerationMethods"`
	}
	a, b, g := []openai{}, []anthropic{}, []gemini{}
	for _, p := range c.All() {
		for _, m := range p.Models {
			id := "@" + p.ID + "/" + m
			a = append(a, openai{ID: id, Object: "model", OwnedBy: p.ID})
			b = append(b, anthropic{Type: "model", ID: id, DisplayName: m + " at " + p.Title, CreatedAt: "1970-01-01T00:00:00Z"})
			g = append(g, gemini{Name: "models/" + id, DisplayName: m + " at " + p.Title, Methods: []string{"generateContent", "streamGenerateContent"}})
		}
	}
	first, last := "", ""
	if len(b) > 0 {
		first, last = b[0].ID, b[len(b)-1].ID
	}
	return modelLists{
		openai:    encode(map[string]any{"object": "list", "data": a}),
		anthropic: encode(map[string]any{"data": b, "has_more": false, "first_id": first, "last_id": last}),
		gemini:    encode(map[string]any{"models": g}),
	}
}

func encode(v any) []byte {
	body, err := jsonx.Marshal(v)
	if err != nil {
		panic(err) // plain strings cannot fail to encode, and if so then at start
	}
	return body
}

// models lists what we know, unless the request names where to ask. Clients of
// Anthropic and Gemini are known by the headers their SDKs send.
func (v *visit) models() {
	h := v.r.Header
	switch {
	case h.Get("X-Portkey-Provider") != "" || h.Get("X-Portkey-Config") != "":
		operation(llm.Models)(v)
	case h.Get("Anthropic-Version") != "":
		v.json(http.StatusOK, v.lists.anthropic)
	case v.door.ModelInURL || h.Get("X-Goog-Api-Key") != "":
		v.json(http.StatusOK, v.lists.gemini)
	default:
		v.json(http.StatusOK, v.lists.openai)
	}
}
