package image

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

const family = "images"

// Dialect is the form clients speak (OpenAI API, create image). Vendors that
// copied it are asked as they are.
var Dialect = dialect.Dialect{Name: family, Image: client{}, Inspect: inspect(client{}.pictures)}

// client reads what OpenAI's clients ask and answers them. Both halves of a
// vendor's side are the same form.
type client struct{}

// DecodeRequest reads a client's request.
func (client) DecodeRequest(body []byte) (*llm.Picture, error) {
	r := dialect.ReadRequest(body)
	p := &llm.Picture{
		Model: r.Text("model"), Prompt: r.Text("prompt"), Count: r.Int("n"), Seed: r.Int("seed"), Negative: r.Text("negative_prompt"),
		Style: r.Text("style"), Quality: r.Text("quality"), Inline: r.Text("response_format") == "b64_json",
	}
	if p.Prompt == "" {
		r.Fail("prompt", "is required")
	}
	_ = r.Take("user")
	if size := r.Text("size"); size != "" && size != "auto" {
		w, h, _ := strings.Cut(size, "x")
		var errW, errH error
		p.Width, errW = strconv.ParseInt(w, 10, 32)
		p.Height, errH = strconv.ParseInt(h, 10, 32)
		if errW != nil || errH != nil || p.Width <= 0 || p.Height <= 0 {
			r.Fail("size", "must be WIDTHxHEIGHT in pixels, or auto")
		}
	}
	p.Extra = r.Rest(family)
	return p, r.Err()
}

// EncodeRequest asks a vendor that copied the form.
func (client) EncodeRequest(p *llm.Picture) (body []byte, lost []string, err error) {
	var w dialect.Writer
	w.Some("model", p.Model)
	w.Text("prompt", p.Prompt)
	w.Int("n", p.Count)
	if p.Width > 0 {
		w.Text("size", fmt.Sprintf("%dx%d", p.Width, p.Height))
	}
	w.Some("quality", p.Quality)
	w.Some("style", p.Style)
	w.Int("seed", p.Seed)
	w.Some("negative_prompt", p.Negative)
	if p.Inline {
		w.Text("response_format", "b64_json")
	}
	w.Extra(p.Extra, p.Extra.Family)
	return w.Object(), nil, nil
}

// DecodeReply reads the answer of a vendor that copied the form.
func (c client) DecodeReply(body []byte, _ *llm.Picture) (*llm.Pictures, error) {
	return c.pictures(body)
}

func (client) pictures(body []byte) (*llm.Pictures, error) {
	r := dialect.ReadReply(body)
	a := &llm.Pictures{}
	if n := r.Int("created"); n != nil {
		a.Created = *n
	}
	for at, v := range r.List("data") {
		o := r.Object(v, at)
		a.Drawn = append(a.Drawn, llm.Drawn{Data: o.Text("b64_json"), URL: o.Text("url"), Revised: o.Text("revised_prompt"), Raw: v})
	}
	a.Extra = r.Rest(family)
	return a, r.Err()
}

// EncodeReply answers a client.
func (client) EncodeReply(a *llm.Pictures, _ *llm.Picture, provider string) []byte {
	var list dialect.List
	for _, d := range a.Drawn {
		var one dialect.Writer
		one.Some("b64_json", d.Data)
		one.Some("url", d.URL)
		one.Some("revised_prompt", d.Revised)
		list.Add(one.Object())
	}
	created := a.Created
	if created == 0 {
		created = time.Now().Unix()
	}
	var w dialect.Writer
	w.Number("created", created)
	w.Raw("data", list.Array())
	w.Text("provider", provider)
	w.Extra(a.Extra, family)
	return w.Object()
}

// inspect makes the look at a whole answer of what reads it.
func inspect(read func([]byte) (*llm.Pictures, error)) func(llm.Op, []byte) (dialect.Facts, error) {
	return func(_ llm.Op, body []byte) (dialect.Facts, error) {
		a, err := read(body)
		if err != nil {
			return dialect.Facts{}, err
		}
		return dialect.Facts{Usage: a.Usage}, nil
	}
}

// none is what an answer without a picture is.
func none(body jsonx.Value) error {
	return dialect.Invalid("the provider's answer has no picture", fmt.Errorf("%.200s", body))
}
