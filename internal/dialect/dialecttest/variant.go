package dialecttest

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// RunVariant judges a variant on testdata/*.txtar and on the corpus. What a
// provider of it answers must be read the same as it is and mended, and mended
// it keeps the laws of the dialect it is a variant of. Requests of the variant's
// own (native.json) are left alone.
func RunVariant(t *testing.T, d *dialect.Dialect) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < fewest {
		t.Errorf("%d fixtures, want at least %d", len(files), fewest)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range a.Files {
				switch f.Name {
				case "native.json":
					Adapted(t, d, bytes.TrimSpace(f.Data))
				case "reply.json":
					Mended(t, d, bytes.TrimSpace(f.Data))
				case "stream.sse":
					MendedStream(t, d, f.Data)
				}
			}
		})
	}
	if !Recorded(d) {
		return
	}
	t.Run("corpus", func(t *testing.T) {
		Corpus(t, d, func(t *testing.T, r *Recording) {
			if jsonx.KindOf(r.Request.Body) == jsonx.Composite {
				Adapted(t, d, r.Request.Body)
			}
			if r.Response.Status != 200 {
				return
			}
			for _, sse := range r.Streams() {
				MendedStream(t, d, sse)
			}
			if !r.Response.Stream {
				Mended(t, d, r.Response.Body)
			}
		})
	})
}

// Adapted judges that a request of the variant is left alone, and can be read.
func Adapted(t T, d *dialect.Dialect, body []byte) {
	t.Helper()
	o, err := jsonx.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	if lost := d.Adapt(llm.Chat, &o); len(lost) > 0 || !bytes.Equal(o.Bytes(), body) {
		t.Errorf("a request of the variant was changed, lost %q\n%s\n%s", lost, body, o.Bytes())
	}
	if _, err := d.Of.Chat.DecodeRequest(body); err != nil {
		t.Errorf("a request of the variant cannot be read: %v", err)
	}
}

// Mended judges a whole answer.
func Mended(t T, d *dialect.Dialect, body []byte) {
	t.Helper()
	mended := d.Repair(llm.Chat, bytes.Clone(body))
	Reply(t, d.Of, mended)
	sameMeaning(t, d, body, mended)
	if again := d.Repair(llm.Chat, bytes.Clone(mended)); !bytes.Equal(again, mended) {
		t.Errorf("mended twice\n%s\n%s", mended, again)
	}
}

// sameMeaning compares what a strict client of the base is told.
func sameMeaning(t T, d *dialect.Dialect, body, mended []byte) {
	t.Helper()
	var told [2]any
	for i, b := range [][]byte{body, mended} {
		r, err := d.Chat.DecodeReply(b)
		if err != nil {
			t.Fatal(err)
		}
		strip(r)
		told[i] = canonical(t, strict(t, d.Of, r))
	}
	if diff := cmp.Diff(told[0], told[1]); diff != "" {
		t.Errorf("mending changed the meaning (-came +mended)\n%s", diff)
	}
}

func strict(t T, d *dialect.Dialect, r *llm.Reply) []byte {
	t.Helper()
	out, _, err := d.Chat.EncodeReply(r, dialect.Reply{Chat: &llm.Prompt{}, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// MendedStream judges a stream.
func MendedStream(t T, d *dialect.Dialect, sse []byte) {
	t.Helper()
	var mended bytes.Buffer
	frames, repair := d.Streams().NewReader(bytes.NewReader(sse), maxEvent), d.RepairEvents(llm.Chat)
	for {
		ev, err := frames.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if data := repair(ev.Data); data != nil {
			_, _ = mended.WriteString("data: " + string(data) + "\n\n")
			continue
		}
		_, _ = mended.Write(ev.Raw)
	}
	folded := Stream(t, d.Of, mended.Bytes())
	Cuts(t, d.Of, mended.Bytes())
	_, raw, err := decode(d, bytes.NewReader(sse))
	if err != nil || folded == nil {
		t.Errorf("decode stream: %v", err)
		return
	}
	strip(raw)
	strip(folded)
	if diff := cmp.Diff(canonical(t, strict(t, d.Of, raw)), canonical(t, strict(t, d.Of, folded))); diff != "" {
		t.Errorf("mending changed the meaning (-came +mended)\n%s", diff)
	}
}

// AdaptRequest judges a request of the base on its way to a provider of the
// variant: what is not said again is named as lost (L3).
func AdaptRequest(t T, d *dialect.Dialect, body []byte) (lost []string) {
	t.Helper()
	p, err := d.Of.Chat.DecodeRequest(body)
	if err != nil {
		t.Fatal(err)
	}
	o, err := jsonx.Parse(bytes.TrimSpace(body))
	if err != nil {
		t.Fatal(err)
	}
	lost = d.Adapt(llm.Chat, &o)
	out := o.Bytes()
	if err := jsonx.Check(out); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	again, err := d.Chat.DecodeRequest(out)
	if err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	honest(t, p, again, lost)
	if more := d.Adapt(llm.Chat, &o); len(more) > 0 || !bytes.Equal(out, o.Bytes()) {
		t.Errorf("adapted twice, lost %q\n%s\n%s", more, out, o.Bytes())
	}
	return lost
}
