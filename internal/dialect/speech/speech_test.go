package speech_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/dialect"
	"sluice/internal/dialect/speech"
	"sluice/internal/jsonx"
)

// TestVendors carries one wish to every format.
func TestVendors(t *testing.T) {
	const wish = `"input":"Hi","response_format":"mp3","speed":1.1,"instructions":"softly","seed":7}`
	for _, c := range []struct {
		d         dialect.Dialect
		ask, want string
		spoken    dialect.Spoken
	}{
		{
			speech.ElevenLabs, `{"model":"eleven_v3","voice":"21m00","stream_format":"audio","user":"u",`,
			`{"text":"Hi","model_id":"eleven_v3","voice_settings":{"speed":1.1},"seed":7}`,
			dialect.Spoken{Address: "21m00", Query: [][2]string{{"output_format", "mp3_44100_128"}}, Lost: []string{"instructions"}},
		},
		{
			speech.Deepgram, `{"model":"aura-2","voice":"thalia",`, `{"text":"Hi"}`,
			dialect.Spoken{Query: [][2]string{{"model", "aura-2-thalia-en"}, {"encoding", "mp3"}, {"seed", "7"}}, Lost: []string{"speed", "instructions"}},
		},
		{
			speech.Cartesia, `{"model":"sonic-3","voice":{"id":"v"},`,
			`{"model_id":"sonic-3","transcript":"Hi","voice":{"mode":"id","id":"v"},"output_format":{"container":"mp3","sample_rate":44100,"bit_rate":128000},"generation_config":{"speed":1.1},"seed":7}`,
			dialect.Spoken{Lost: []string{"instructions"}},
		},
		{
			speech.Hume, `{"model":"octave-2","voice":"Ava Song",`,
			`{"utterances":[{"text":"Hi","voice":{"name":"Ava Song","provider":"HUME_AI"},"description":"softly","speed":1.1}],"format":{"type":"mp3"},"version":"2","seed":7}`,
			dialect.Spoken{},
		},
		{
			speech.LMNT, `{"model":"blizzard","voice":"leah",`,
			`{"text":"Hi","voice":"leah","model":"blizzard","format":"mp3","speed":1.1,"seed":7}`,
			dialect.Spoken{Lost: []string{"instructions"}},
		},
		{
			speech.FishAudio, `{"model":"s1","voice":"v",`,
			`{"text":"Hi","reference_id":"v","format":"mp3","prosody":{"speed":1.1},"seed":7}`,
			dialect.Spoken{Header: [][2]string{{"Model", "s1"}}, Lost: []string{"instructions"}},
		},
	} {
		t.Run(c.d.Name, func(t *testing.T) {
			ask, err := speech.Dialect.Speech.DecodeRequest([]byte(c.ask + wish))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.d.Speech.EncodeRequest(ask)
			if err != nil {
				t.Fatal(err)
			}
			c.spoken.Body = []byte(c.want)
			if diff := cmp.Diff(&c.spoken, got); diff != "" || jsonx.Check(got.Body) != nil {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if _, err := c.d.Speech.DecodeRequest(got.Body); err == nil {
				t.Error("it has clients")
			}
		})
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		d         dialect.Dialect
		ask, want string // of the body and the query, or the field that is refused
	}{
		{speech.ElevenLabs, `"response_format":"pcm_16000"`, "pcm_16000"},
		{speech.ElevenLabs, `"response_format":"flac"`, "!response_format"},
		{speech.ElevenLabs, `"speed":4`, `"speed":1.2`},
		{speech.Hume, `"response_format":"opus"`, "!response_format"},
		{speech.Hume, `"voice":"9e068547-5ba4-4c8e-8e03-69282a008f04"`, `"voice":{"id":`},
		{speech.Deepgram, `"voice":"aura-asteria-en"`, "aura-asteria-en"},
		{speech.Deepgram, `"model":"aura-2-luna-en","voice":"alloy"`, "aura-2-luna-en"},
		{speech.Deepgram, `"response_format":"wav"`, "linear16 container wav"},
		{speech.Cartesia, `"output_format":{"container":"raw"}`, `"output_format":{"container":"raw"}}`},
		{speech.Cartesia, `"response_format":"pcm"`, `{"container":"raw","encoding":"pcm_s16le","sample_rate":24000}`},
	} {
		ask, err := speech.Dialect.Speech.DecodeRequest([]byte(`{"input":"x",` + c.ask + `}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.d.Speech.EncodeRequest(ask)
		if strings.HasPrefix(c.want, "!") {
			if err == nil {
				t.Errorf("%s: %s was taken", c.d.Name, c.ask)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		all := string(got.Body)
		for _, q := range got.Query {
			all += " " + q[0] + " " + q[1]
		}
		if !strings.Contains(all, c.want) {
			t.Errorf("%s: %s became %s", c.d.Name, c.ask, all)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, body := range []string{`[]`, `{}`, `{"input":""}`, `{"input":1}`, `{"input":"x","speed":"fast"}`, `{"input":"x","stream_format":"sse"}`} {
		if _, err := speech.Dialect.Speech.DecodeRequest([]byte(body)); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}
