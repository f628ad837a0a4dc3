package image

import (
	"fmt"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

func sizeText(p *llm.Picture) string { return fmt.Sprintf("%dx%d", p.Width, p.Height) }

// writeImagen writes an instance and its parameters (Vertex AI API, Imagen).
func writeImagen(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	var instance, parameters dialect.Writer
	instance.Text("prompt", p.Prompt)
	var list dialect.List
	list.Add(instance.Object())
	count := p.Count
	if count == nil { // the vendor's own default is four
		one := int64(1)
		count = &one
	}
	parameters.Int("sampleCount", count)
	parameters.Some("aspectRatio", ratio(p, "1:1", "3:4", "4:3", "9:16", "16:9"))
	parameters.Int("seed", p.Seed)
	parameters.Some("negativePrompt", p.Negative)
	unsaid(lost, map[string]bool{"quality": p.Quality != "", "style": p.Style != ""})
	extras(&parameters, p)
	w.Raw("instances", list.Array())
	w.Raw("parameters", parameters.Object())
}

func readPredictions(body []byte) (*llm.Pictures, error) {
	r := dialect.ReadReply(body)
	a := &llm.Pictures{}
	filtered := r.Peek("predictions") == nil // all of them
	for at, v := range r.List("predictions") {
		o := r.Object(v, at)
		data := o.Text("bytesBase64Encoded")
		if filtered = filtered || o.Peek("raiFilteredReason") != nil; data != "" {
			a.Drawn = append(a.Drawn, llm.Drawn{Data: data, Revised: o.Text("prompt")})
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if len(a.Drawn) == 0 && filtered {
		return nil, refused()
	}
	return a, nil
}

// writeBedrock writes what the model's family takes (wire formats, Bedrock,
// InvokeModel native bodies).
func writeBedrock(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	switch model := p.Model; {
	case strings.Contains(model, "stability.stable-diffusion-xl"):
		writePrompts(w, p, lost)
	case strings.Contains(model, "stability."):
		writeStable(w, p, lost)
	default: // Titan and Nova Canvas
		writeCanvas(w, p, lost)
	}
}

func writeCanvas(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	var text, config dialect.Writer
	text.Text("text", p.Prompt)
	text.Some("negativeText", p.Negative)
	config.Int("numberOfImages", p.Count)
	size(&config, p, "width", "height")
	config.Int("seed", p.Seed)
	switch p.Quality { // OpenAI's words for the two that there are
	case "hd", "high":
		config.Text("quality", "premium")
	case "standard", "medium", "low":
		config.Text("quality", "standard")
	}
	unsaid(lost, map[string]bool{"style": p.Style != ""})
	extras(&config, p)
	w.Text("taskType", "TEXT_IMAGE")
	w.Raw("textToImageParams", text.Object())
	w.Raw("imageGenerationConfig", config.Object())
}

// readBedrock reads {images: […]} of texts, or Stability's first form.
func readBedrock(body []byte) (*llm.Pictures, error) {
	if jsonx.At(jsonx.Value(body), "artifacts") != nil {
		return readArtifacts(body)
	}
	r := dialect.ReadReply(body)
	a := &llm.Pictures{}
	for v := range jsonx.Elements(r.Take("images")) {
		data, _ := jsonx.Text(v)
		a.Drawn = append(a.Drawn, llm.Drawn{Data: data})
	}
	for v := range jsonx.Elements(r.Take("finish_reasons")) {
		if jsonx.KindOf(v) == jsonx.String {
			return nil, refused()
		}
	}
	if message := r.Text("error"); message != "" {
		return nil, &llm.Error{Kind: llm.UpstreamStatus, Status: 400, Class: llm.ClassStatus, Message: dialect.Message(message)}
	}
	return a, r.Err()
}

// form writes the members of an object as the fields of a form (RFC 7578). The
// boundary is no part of any of them.
func form(fields jsonx.Value) []byte {
	boundary := "sluice"
	for strings.Contains(string(fields), boundary) {
		boundary += "-form"
	}
	o, err := jsonx.Parse(fields)
	if err != nil {
		return nil
	}
	var b strings.Builder
	for name, v := range o.All() {
		text, isText := jsonx.Text(v)
		if !isText {
			text = string(v)
		}
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", boundary, name, text)
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return []byte(b.String())
}
