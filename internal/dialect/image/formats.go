package image

import (
	"encoding/base64"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// The formats (wire formats, images and smaller wires; the vendors' pages are
// in their provider files).
var (
	// StabilityV1 is /v1/generation/{engine}/text-to-image.
	StabilityV1 = speak(vendor{family: "stability-v1", write: writePrompts, read: readArtifacts})
	// StabilityV2 is /v2beta/stable-image/generate/{model}, a form that is
	// answered in JSON.
	StabilityV2 = speak(vendor{family: "stability-v2", write: writeStable, read: readStable, form: true})
	// Fireworks is /image_generation/{model}.
	Fireworks = speak(vendor{family: "fireworks-image", write: writePrompts, read: readArtifacts})
	// Segmind is /{model}.
	Segmind = speak(vendor{family: "segmind", write: writeSegmind, read: readMember("image")})
	// WorkersAI is /run/{model}: some models answer with the picture itself.
	WorkersAI = speak(vendor{family: "workers-ai-image", write: writeWorkersAI, read: readWorkersAI})
	// Hyperbolic is /v1/image/generation.
	Hyperbolic = speak(vendor{family: "hyperbolic-image", write: writeHyperbolic, read: readImages})
	// SiliconFlow is /images/generations with names of its own.
	SiliconFlow = speak(vendor{family: "siliconflow-image", write: writeSiliconFlow, read: readImages})
	// Imagen is Google's models.predict, at Vertex AI and AI Studio.
	Imagen = speak(vendor{family: "imagen", write: writeImagen, read: readPredictions})
	// Bedrock is InvokeModel for models that draw.
	Bedrock = speak(vendor{family: "bedrock-image", write: writeBedrock, read: readBedrock})
)

// extras writes what the client said beside OpenAI's own members.
func extras(w *dialect.Writer, p *llm.Picture) { w.Extra(p.Extra, p.Extra.Family) }

func size(w *dialect.Writer, p *llm.Picture, width, height string) {
	if p.Width > 0 {
		w.Number(width, p.Width)
		w.Number(height, p.Height)
	}
}

// unsaid names members a format has no word for.
func unsaid(lost *dialect.Losses, named map[string]bool) {
	for _, name := range []string{"negative_prompt", "quality", "seed", "size", "style"} {
		if named[name] {
			lost.Add("%s", name)
		}
	}
}

func writePrompts(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	var list dialect.List
	add := func(text string, weight int64) {
		var one dialect.Writer
		one.Text("text", text)
		one.Number("weight", weight)
		list.Add(one.Object())
	}
	add(p.Prompt, 1)
	if p.Negative != "" {
		add(p.Negative, -1)
	}
	w.Raw("text_prompts", list.Array())
	w.Int("samples", p.Count)
	size(w, p, "width", "height")
	w.Int("seed", p.Seed)
	w.Some("style_preset", p.Style)
	unsaid(lost, map[string]bool{"quality": p.Quality != ""})
	extras(w, p)
}

// readArtifacts reads {artifacts: […]}, or the list alone. What a filter kept
// back is no picture.
func readArtifacts(body []byte) (*llm.Pictures, error) {
	if jsonx.Check(body) != nil {
		return nil, none(body)
	}
	list := jsonx.Value(body)
	if jsonx.KindOf(list) == jsonx.Composite {
		list = jsonx.At(list, "artifacts")
	}
	a := &llm.Pictures{}
	filtered := false
	for v := range jsonx.Elements(list) {
		data, _ := jsonx.Text(jsonx.At(v, "base64"))
		if reason, _ := jsonx.Text(jsonx.At(v, "finishReason")); reason == "CONTENT_FILTERED" || data == "" {
			filtered = true
			continue
		}
		a.Drawn = append(a.Drawn, llm.Drawn{Data: data})
	}
	if len(a.Drawn) == 0 && filtered {
		return nil, refused()
	}
	return a, nil
}

// refused is a picture the vendor's filter kept back.
func refused() error {
	return &llm.Error{
		Kind: llm.UpstreamStatus, Status: 400, Class: llm.ClassStatus, Type: "invalid_request_error", Code: "content_policy_violation",
		Message: "the provider's safety filter kept the picture back",
	}
}

// ratios are the shapes the newer models draw.
var ratios = []struct {
	name string
	of   float64
}{{"21:9", 21.0 / 9}, {"16:9", 16.0 / 9}, {"3:2", 1.5}, {"4:3", 4.0 / 3}, {"5:4", 1.25}, {"1:1", 1}, {"4:5", 0.8}, {"3:4", 0.75}, {"2:3", 2.0 / 3}, {"9:16", 9.0 / 16}, {"9:21", 9.0 / 21}}

// ratio is the shape nearest to the size that was asked for, "" if none was.
func ratio(p *llm.Picture, known ...string) string {
	if p.Width == 0 {
		return ""
	}
	want, best, found := float64(p.Width)/float64(p.Height), 0.0, ""
	for _, r := range ratios {
		usable := len(known) == 0
		for _, k := range known {
			usable = usable || k == r.name
		}
		if off := max(want/r.of, r.of/want); usable && (found == "" || off < best) {
			best, found = off, r.name
		}
	}
	return found
}

func writeStable(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	w.Text("prompt", p.Prompt)
	w.Some("negative_prompt", p.Negative)
	w.Some("aspect_ratio", ratio(p, "21:9", "16:9", "3:2", "5:4", "1:1", "4:5", "2:3", "9:16", "9:21"))
	w.Int("seed", p.Seed)
	w.Some("style_preset", p.Style)
	if p.Count != nil && *p.Count > 1 {
		lost.Add("n")
	}
	unsaid(lost, map[string]bool{"quality": p.Quality != ""})
	extras(w, p)
}

func readStable(body []byte) (*llm.Pictures, error) {
	r := dialect.ReadReply(body)
	data, reason := r.Text("image"), r.Text("finish_reason")
	if err := r.Err(); err != nil {
		return nil, err
	}
	if reason == "CONTENT_FILTERED" {
		return nil, refused()
	}
	return drawn(data), nil
}

func drawn(data string) *llm.Pictures {
	if data == "" {
		return &llm.Pictures{}
	}
	return &llm.Pictures{Drawn: []llm.Drawn{{Data: data}}}
}

func writeSegmind(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	w.Text("prompt", p.Prompt)
	w.Some("negative_prompt", p.Negative)
	w.Int("samples", p.Count)
	size(w, p, "img_width", "img_height")
	w.Int("seed", p.Seed)
	w.Some("style", p.Style)
	if p.Extra.Get(p.Extra.Family, "base64") == nil {
		w.Raw("base64", jsonx.Value("true"))
	}
	unsaid(lost, map[string]bool{"quality": p.Quality != ""})
	extras(w, p)
}

func readMember(name string) func([]byte) (*llm.Pictures, error) {
	return func(body []byte) (*llm.Pictures, error) {
		r := dialect.ReadReply(body)
		data := r.Text(name)
		return drawn(data), r.Err()
	}
}

func writeWorkersAI(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	w.Text("prompt", p.Prompt)
	w.Some("negative_prompt", p.Negative)
	size(w, p, "width", "height")
	w.Int("seed", p.Seed)
	if p.Count != nil && *p.Count > 1 {
		lost.Add("n")
	}
	unsaid(lost, map[string]bool{"quality": p.Quality != "", "style": p.Style != ""})
	for _, f := range p.Extra.Fields {
		if f.Name == "steps" { // the vendor's name for them
			f.Name = "num_steps"
		}
		w.Raw(f.Name, f.Value)
	}
}

func readWorkersAI(body []byte) (*llm.Pictures, error) {
	if jsonx.Check(body) != nil {
		return drawn(base64.StdEncoding.EncodeToString(body)), nil
	}
	data, _ := jsonx.Text(jsonx.At(jsonx.Value(body), "result", "image"))
	return drawn(data), nil
}

func writeHyperbolic(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	w.Text("model_name", p.Model)
	w.Text("prompt", p.Prompt)
	w.Some("negative_prompt", p.Negative)
	size(w, p, "width", "height")
	w.Int("num_images", p.Count)
	w.Int("seed", p.Seed)
	unsaid(lost, map[string]bool{"quality": p.Quality != "", "style": p.Style != ""})
	extras(w, p)
}

func writeSiliconFlow(w *dialect.Writer, p *llm.Picture, lost *dialect.Losses) {
	w.Text("model", p.Model)
	w.Text("prompt", p.Prompt)
	w.Some("negative_prompt", p.Negative)
	if p.Width > 0 {
		w.Text("image_size", sizeText(p))
	}
	w.Int("batch_size", p.Count)
	w.Int("seed", p.Seed)
	unsaid(lost, map[string]bool{"quality": p.Quality != "", "style": p.Style != ""})
	extras(w, p)
}

// readImages reads {images: […]} of objects with a url or an image.
func readImages(body []byte) (*llm.Pictures, error) {
	r := dialect.ReadReply(body)
	a := &llm.Pictures{}
	for at, v := range r.List("images") {
		o := r.Object(v, at)
		a.Drawn = append(a.Drawn, llm.Drawn{Data: o.Text("image"), URL: o.Text("url")})
	}
	return a, r.Err()
}
