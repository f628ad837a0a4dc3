package mockllm

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"sluice/internal/jsonx"
)

// keptResponses is how many responses are remembered.
const keptResponses = 256

// stored is a response that was given with store on.
type stored struct {
	body  jsonx.Value
	items []jsonx.Value // the conversation before it
	input []jsonx.Value // the part of them that its request brought
}

// conversation is what a next request continues.
func (s stored) conversation() []jsonx.Value {
	items := slices.Clone(s.items)
	for item := range jsonx.Elements(jsonx.At(s.body, "output")) {
		items = append(items, item)
	}
	return items
}

// shelf keeps the last responses. Its zero value is ready.
type shelf struct {
	mu    sync.Mutex // guards both below
	byID  map[string]stored
	order []string
}

func (s *shelf) put(id string, r stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]stored{}
	}
	s.byID[id] = r
	s.order = append(s.order, id)
	if len(s.order) > keptResponses {
		delete(s.byID, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
}

func (s *shelf) get(id string) (stored, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.byID[id]
	return r, ok
}

func (s *shelf) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
	if i := slices.Index(s.order, id); i >= 0 {
		s.order = slices.Delete(s.order, i, i+1)
	}
}

// keeper answers requests about stored responses.
type keeper struct {
	id, rest string
	remove   bool
	found    stored
}

func (*keeper) ask() ask { return ask{} }

func readStored(r *http.Request, _ []byte) (speaker, *failure) {
	_, path, _ := strings.Cut(r.URL.Path, "/responses/")
	id, rest, _ := strings.Cut(path, "/")
	if rest != "" && rest != "input_items" {
		return nil, &failure{Status: http.StatusNotFound}
	}
	return &keeper{id: id, rest: rest}, nil
}

func deleteStored(r *http.Request, body []byte) (speaker, *failure) {
	sp, failed := readStored(r, body)
	if k, ok := sp.(*keeper); ok {
		k.remove = true
	}
	return sp, failed
}

func (k *keeper) check(b *backstage) *failure {
	var ok bool
	if k.found, ok = b.kept.get(k.id); !ok {
		return &failure{Status: http.StatusNotFound, Message: fmt.Sprintf("Response with id '%s' not found.", k.id)}
	}
	if k.remove {
		b.kept.drop(k.id)
	}
	return nil
}

func (k *keeper) answer(t turn) (string, []byte) {
	switch {
	case k.remove:
		return object{"id": k.id, "object": "response", "deleted": true}.answer(t)
	case k.rest == "":
		return typeJSON, k.found.body
	}
	var items []jsonx.Value // the newest comes first
	for i, item := range slices.Backward(k.found.input) {
		items = append(items, named(item, fmt.Sprintf("in_%s_%d", k.id, i)))
	}
	first, last := jsonx.At(items[0], "id"), jsonx.At(items[len(items)-1], "id")
	return object{"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": false}.answer(t)
}

// named is an item with an id and a type, which the stored ones always have.
func named(item jsonx.Value, id string) jsonx.Value {
	o, err := jsonx.Parse(item)
	if err != nil {
		return item
	}
	if o.Get("id") == nil {
		o.Set("id", jsonx.Quote(id))
	}
	if o.Get("type") == nil {
		o.Set("type", jsonx.Quote(kindOf(item)))
	}
	return o.Bytes()
}
