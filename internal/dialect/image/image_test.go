package image_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/image"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

const wish = `{"model":"m","prompt":"a cat","negative_prompt":"dogs","n":2,"size":"1024x768","seed":7,"style":"vivid","quality":"hd","response_format":"b64_json","user":"u","steps":20}`

// TestVendors carries one wish to every format and the picture back.
func TestVendors(t *testing.T) {
	for _, c := range []struct {
		d             dialect.Dialect
		model         string
		asks, answers string
		lost          []string
	}{
		{
			image.StabilityV1, "",
			`{"text_prompts":[{"text":"a cat","weight":1},{"text":"dogs","weight":-1}],"samples":2,"width":1024,"height":768,"seed":7,"style_preset":"vivid","steps":20}`,
			`{"artifacts":[{"base64":"QQ==","finishReason":"SUCCESS","seed":7},{"finishReason":"CONTENT_FILTERED","base64":"Qg=="}]}`,
			[]string{"quality"},
		},
		{
			image.StabilityV2, "",
			"--sluice\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\n--sluice\r\nContent-Disposition: form-data; name=\"negative_prompt\"\r\n\r\ndogs\r\n" +
				"--sluice\r\nContent-Disposition: form-data; name=\"aspect_ratio\"\r\n\r\n5:4\r\n--sluice\r\nContent-Disposition: form-data; name=\"seed\"\r\n\r\n7\r\n" +
				"--sluice\r\nContent-Disposition: form-data; name=\"style_preset\"\r\n\r\nvivid\r\n--sluice\r\nContent-Disposition: form-data; name=\"steps\"\r\n\r\n20\r\n--sluice--\r\n",
			`{"image":"QQ==","finish_reason":"SUCCESS","seed":7}`,
			[]string{"n", "quality"},
		},
		{
			image.Fireworks, "",
			`{"text_prompts":[{"text":"a cat","weight":1},{"text":"dogs","weight":-1}],"samples":2,"width":1024,"height":768,"seed":7,"style_preset":"vivid","steps":20}`,
			`[{"base64":"QQ==","seed":1,"finishReason":"SUCCESS"}]`,
			[]string{"quality"},
		},
		{
			image.Segmind, "",
			`{"prompt":"a cat","negative_prompt":"dogs","samples":2,"img_width":1024,"img_height":768,"seed":7,"style":"vivid","base64":true,"steps":20}`,
			`{"image":"QQ==","status":"ok"}`,
			[]string{"quality"},
		},
		{
			image.WorkersAI, "",
			`{"prompt":"a cat","negative_prompt":"dogs","width":1024,"height":768,"seed":7,"num_steps":20}`,
			"A", // the picture itself
			[]string{"n", "quality", "style"},
		},
		{
			image.Hyperbolic, "",
			`{"model_name":"m","prompt":"a cat","negative_prompt":"dogs","width":1024,"height":768,"num_images":2,"seed":7,"steps":20}`,
			`{"images":[{"image":"QQ==","index":0}],"inference_time":1.5}`,
			[]string{"quality", "style"},
		},
		{
			image.SiliconFlow, "",
			`{"model":"m","prompt":"a cat","negative_prompt":"dogs","image_size":"1024x768","batch_size":2,"seed":7,"steps":20}`,
			`{"images":[{"image":"QQ=="}],"timings":{"inference":1},"seed":7}`,
			[]string{"quality", "style"},
		},
		{
			image.Imagen, "",
			`{"instances":[{"prompt":"a cat"}],"parameters":{"sampleCount":2,"aspectRatio":"4:3","seed":7,"negativePrompt":"dogs","steps":20}}`,
			`{"predictions":[{"bytesBase64Encoded":"QQ==","mimeType":"image/png"},{"raiFilteredReason":"x"}]}`,
			[]string{"quality", "style"},
		},
		{
			image.Bedrock, "amazon.nova-canvas-v1:0",
			`{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"a cat","negativeText":"dogs"},"imageGenerationConfig":{"numberOfImages":2,"width":1024,"height":768,"seed":7,"quality":"premium","steps":20}}`,
			`{"images":["QQ=="],"error":null}`,
			[]string{"style"},
		},
		{
			image.Bedrock, "stability.sd3-5-large-v1:0",
			`{"prompt":"a cat","negative_prompt":"dogs","aspect_ratio":"5:4","seed":7,"style_preset":"vivid","steps":20}`,
			`{"seeds":[7],"finish_reasons":[null],"images":["QQ=="]}`,
			[]string{"n", "quality"},
		},
	} {
		t.Run(c.d.Name, func(t *testing.T) {
			p, err := image.Dialect.Image.DecodeRequest([]byte(wish))
			if err != nil {
				t.Fatal(err)
			}
			if c.model != "" {
				p.Model = c.model
			}
			body, lost, err := c.d.Image.EncodeRequest(p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.asks, string(body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.lost, lost); diff != "" {
				t.Errorf("lost (-want +got)\n%s", diff)
			}
			if _, err := c.d.Inspect(llm.Draw, []byte(c.answers)); err != nil {
				t.Error(err)
			}
			a, err := c.d.Image.DecodeReply([]byte(c.answers), p)
			if err != nil {
				t.Fatal(err)
			}
			answer := jsonx.Value(image.Dialect.Image.EncodeReply(a, p, "acme"))
			if got := string(jsonx.At(answer, "data")); got != `[{"b64_json":"QQ=="}]` {
				t.Errorf("%s", answer)
			}
		})
	}
}

func TestFilters(t *testing.T) {
	for _, c := range []struct {
		d    dialect.Dialect
		body string
	}{
		{image.StabilityV1, `{"artifacts":[{"base64":"QQ==","finishReason":"CONTENT_FILTERED"}]}`},
		{image.StabilityV2, `{"finish_reason":"CONTENT_FILTERED","image":"QQ=="}`},
		{image.Imagen, `{"predictions":[{"raiFilteredReason":"x"}]}`},
		{image.Imagen, `{}`},
		{image.Bedrock, `{"images":[],"finish_reasons":["Filter reason: prompt"]}`},
	} {
		_, err := c.d.Image.DecodeReply([]byte(c.body), &llm.Picture{})
		if e := new(llm.Error); !errors.As(err, &e) || e.Status != 400 || e.Code != "content_policy_violation" {
			t.Errorf("%s %s: %v", c.d.Name, c.body, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, body := range []string{`[]`, `{}`, `{"prompt":""}`, `{"prompt":"a","size":"big"}`, `{"prompt":"a","size":"0x5"}`, `{"prompt":"a","n":"x"}`} {
		if _, err := image.Dialect.Image.DecodeRequest([]byte(body)); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
	for _, d := range []dialect.Dialect{image.StabilityV1, image.StabilityV2, image.Segmind, image.Hyperbolic, image.SiliconFlow} {
		for _, body := range []string{`{}`, `x`, `{"images":[]}`} {
			if _, err := d.Image.DecodeReply([]byte(body), &llm.Picture{}); err == nil {
				t.Errorf("%s took %s", d.Name, body)
			}
		}
	}
}

// TestRecordings gives every recorded answer to a client: the same pictures.
func TestRecordings(t *testing.T) {
	dialecttest.Recordings(t, func(t *testing.T, r *dialecttest.Recording) {
		if r.API != "openai.images" || r.Response.Status != 200 {
			return
		}
		a, err := image.Dialect.Image.DecodeReply(r.Response.Body, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := jsonx.Value(image.Dialect.Image.EncodeReply(a, nil, "acme"))
		for _, name := range []string{"created", "data", "background", "output_format", "quality", "size"} {
			var want, have any
			if jsonx.Unmarshal(jsonx.At(r.Response.Body, name), &want) != nil || jsonx.Unmarshal(jsonx.At(got, name), &have) != nil || !cmp.Equal(want, have) {
				t.Errorf("%s is %s", name, jsonx.At(got, name))
			}
		}
	})
}
