package dialecttest

import (
	"bytes"
	"errors"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// poison is what must not leave its family (L6).
const poison = "p01s0n"

// CarryRequest judges a prompt of one dialect on its way to a provider of
// another: it is refused with a reason, or becomes valid JSON; what belongs to
// one family alone stays in it (L6), and what is not said again is named (L3).
func CarryRequest(t T, client, provider *dialect.Dialect, body []byte) (lost []string, refused bool) {
	t.Helper()
	o, err := jsonx.Parse(bytes.TrimSpace(body))
	if err != nil {
		t.Fatal(err)
	}
	o.Set("x_private", jsonx.Quote(poison))
	p, err := client.Chat.DecodeRequest(o.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	out, lost, err := provider.Chat.EncodeRequest(p)
	if err != nil {
		if e := new(llm.Error); !errors.As(err, &e) || e.Status != 400 || e.Param == "" || e.Message == "" {
			t.Errorf("a refusal without a reason: %v", err)
		}
		return nil, true
	}
	if err := jsonx.Check(out); err != nil {
		t.Errorf("%v in %s", err, out)
	}
	if bytes.Contains(out, []byte(poison)) {
		t.Errorf("a private member leaked (L6): %s", out)
	}
	if !strings.Contains(strings.Join(lost, ","), "x_private") {
		t.Errorf("a private member vanished without a word (L3): %q", lost)
	}
	again, err := provider.Chat.DecodeRequest(out)
	if err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	honest(t, p, again, lost)
	poisoned(t, client, provider, body)
	return lost, false
}

// CarryReply judges a whole answer on its way to a client of another dialect:
// calls stay calls, and the cost stays the same.
func CarryReply(t T, client, provider *dialect.Dialect, body []byte) (lost []string) {
	t.Helper()
	r, err := provider.Chat.DecodeReply(body)
	if err != nil {
		t.Fatal(err)
	}
	out, lost, err := client.Chat.EncodeReply(r, dialect.Reply{Provider: provider.Name, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.Chat.DecodeReply(out)
	if err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(r.Choices) > 0 {
		if got, want := again.Choices[0].Calls(), r.Choices[0].Calls(); got != want {
			t.Errorf("calls for the client: %v, want %v", got, want)
		}
		var answer said
		answer.add(r.Choices[0].Messages)
		survive(t, &answer, &llm.Prompt{Messages: again.Choices[0].Messages}, lost)
	}
	if u := r.Usage; u != nil && (again.Usage.Input != u.Input || again.Usage.Output != u.Output) {
		t.Errorf("usage %+v, want %+v", again.Usage, u)
	}
	replay(t, client, provider, r)
	return lost
}

// replay judges L8: an answer is a legal next turn, for its own vendor and for
// any other.
func replay(t T, client, provider *dialect.Dialect, r *llm.Reply) {
	t.Helper()
	for _, next := range []*dialect.Dialect{client, provider} {
		p := &llm.Prompt{Family: "none", Model: "m", Messages: []llm.Message{{Role: llm.User, Parts: []llm.Part{{Text: "a question"}}}}}
		answer := said{}
		for i := range r.Choices {
			if i > 0 {
				break
			}
			p.Messages = append(p.Messages, r.Choices[i].Messages...)
			answer.add(r.Choices[i].Messages)
		}
		var results []llm.Part
		for _, c := range answer.calls {
			results = append(results, llm.Part{Kind: llm.PartResult, Result: &llm.Result{CallID: c.ID, Name: c.Name, Parts: []llm.Part{{Text: "a result"}}}})
		}
		results = append(results, llm.Part{Text: "go on"})
		p.Messages = append(p.Messages, llm.Message{Role: llm.User, Parts: results})
		out, lost, err := next.Chat.EncodeRequest(p)
		if err != nil {
			if e := new(llm.Error); !errors.As(err, &e) || e.Status != 400 {
				t.Errorf("an answer is no next turn for %s (L8): %v", next.Name, err)
			}
			continue
		}
		again, err := next.Chat.DecodeRequest(out)
		if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		survive(t, &answer, again, lost)
	}
}
