package all_test

import (
	"bytes"
	"testing"

	"sluice/internal/dialect"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/jsonx"
)

// TestSealsStayHome sends sealed thinking of one family to another, in a
// prompt and in an answer: nobody else may read it (L6).
func TestSealsStayHome(t *testing.T) {
	for _, c := range []struct{ family, request, reply string }{
		{
			"responses",
			`{"model":"m","input":[{"role":"user","content":"x"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"p01s0n"},{"role":"assistant","content":"y"},{"role":"user","content":"z"}]}`,
			`{"id":"r","status":"completed","model":"m","output":[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"p01s0n"},{"type":"message","id":"m","status":"completed","role":"assistant","content":[{"type":"output_text","text":"y","annotations":[]}]}]}`,
		},
		{
			"anthropic",
			`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":"p01s0n"},{"type":"redacted_thinking","data":"p01s0n"},{"type":"text","text":"y"}]},{"role":"user","content":"z"}]}`,
			`{"id":"r","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"h","signature":"p01s0n"},{"type":"redacted_thinking","data":"p01s0n"},{"type":"text","text":"y"}],"stop_reason":"end_turn"}`,
		},
	} {
		home := find(t, c.family)
		p, err := home.Chat.DecodeRequest([]byte(c.request))
		if err != nil {
			t.Fatal(err)
		}
		r, err := home.Chat.DecodeReply([]byte(c.reply))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name == c.family {
				continue
			}
			abroad := find(t, name)
			if dialecttest.Kin(home, abroad) {
				continue
			}
			request, lost, err := abroad.Chat.EncodeRequest(p)
			if err != nil || len(lost) == 0 {
				t.Errorf("%s to %s: %v, lost %q", c.family, name, err, lost)
			}
			reply, _, err := abroad.Chat.EncodeReply(r, dialect.Reply{Strict: true})
			if err != nil {
				t.Errorf("%s to %s: %v", c.family, name, err)
			}
			for _, body := range [][]byte{request, reply} {
				if err := jsonx.Check(body); err != nil || bytes.Contains(body, []byte(poison)) {
					t.Errorf("%s to %s: %v in %s", c.family, name, err, body)
				}
			}
		}
	}
}
