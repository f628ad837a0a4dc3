package speech

import (
	"regexp"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

// ElevenLabs has the voice in its address
// (https://elevenlabs.io/docs/api-reference/text-to-speech/convert).
var ElevenLabs = speak(vendor{
	family:  "elevenlabs-speech",
	formats: map[string]string{"mp3": "mp3_44100_128", "pcm": "pcm_24000", "opus": "opus_48000_128", "ulaw": "ulaw_8000"}, own: "_",
	slow: 0.7, fast: 1.2,
	write: func(w *dialect.Writer, a *asked) {
		w.Text("text", a.Text)
		w.Some("model_id", a.Model)
		if a.Speed != nil {
			var o dialect.Writer
			o.Float("speed", a.Speed)
			w.Raw("voice_settings", o.Object())
		}
		a.to.Address = a.Voice
		a.query("output_format", a.format)
		a.unsaid()
	},
})

// Deepgram has everything but the text in the query. Its models are voices
// (https://developers.deepgram.com/reference/text-to-speech/speak).
var Deepgram = speak(vendor{
	family: "deepgram-speech",
	formats: map[string]string{
		"mp3": "mp3", "opus": "opus", "flac": "flac", "aac": "aac", "wav": "linear16 wav", "pcm": "linear16 none",
	},
	inQuery: true,
	write: func(w *dialect.Writer, a *asked) {
		w.Text("text", a.Text)
		a.query("model", voiceOf(a))
		encoding, container, _ := strings.Cut(a.format, " ")
		a.query("encoding", encoding)
		a.query("container", container)
		a.unsaid()
	},
})

// voiceOf puts the name of a voice together, aura-2-thalia-en of aura-2 and
// thalia, unless the client knew it.
func voiceOf(a *asked) string {
	switch {
	case strings.HasPrefix(a.Voice, "aura"), a.Model == "":
		return a.Voice
	case a.Voice == "" || named.MatchString(a.Model):
		return a.Model
	}
	return a.Model + "-" + a.Voice + "-en"
}

// named is a model with a voice in it.
var named = regexp.MustCompile(`^aura(-[0-9]+)?-[a-z]{3,}-[a-z]{2}`)

// Cartesia is its bytes endpoint (https://docs.cartesia.ai/api-reference/tts/bytes).
var Cartesia = speak(vendor{
	family: "cartesia-speech",
	formats: map[string]string{
		"":    `{"container":"mp3","sample_rate":44100,"bit_rate":128000}`,
		"mp3": `{"container":"mp3","sample_rate":44100,"bit_rate":128000}`,
		"wav": `{"container":"wav","encoding":"pcm_s16le","sample_rate":44100}`,
		"pcm": `{"container":"raw","encoding":"pcm_s16le","sample_rate":24000}`,
	},
	slow: 0.6, fast: 1.5,
	write: func(w *dialect.Writer, a *asked) {
		var o dialect.Writer
		w.Some("model_id", a.Model)
		w.Text("transcript", a.Text)
		o.Text("mode", "id")
		o.Text("id", a.Voice)
		w.Raw("voice", o.Object())
		if _, said := find(a, "output_format"); !said {
			w.Raw("output_format", jsonx.Value(a.format))
		}
		if a.Speed != nil {
			var g dialect.Writer
			g.Float("speed", a.Speed)
			w.Raw("generation_config", g.Object())
		}
		a.unsaid()
	},
})

func find(a *asked, name string) (jsonx.Value, bool) {
	v := a.Extra.Get(a.Extra.Family, name)
	return v, v != nil
}

// uuid is an id at Hume, where voices have names too.
var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)

// Hume can be told how to speak (https://dev.hume.ai/reference/text-to-speech-tts/synthesize-file).
// A name is one of its own voices'; it has one model in several versions.
var Hume = speak(vendor{
	family: "hume-speech", formats: map[string]string{"mp3": "mp3", "wav": "wav", "pcm": "pcm"},
	slow: 0.5, fast: 2,
	write: func(w *dialect.Writer, a *asked) {
		var u dialect.Writer
		u.Text("text", a.Text)
		if a.Voice != "" {
			var o dialect.Writer
			if uuid.MatchString(a.Voice) {
				o.Text("id", a.Voice)
			} else {
				o.Text("name", a.Voice)
				o.Text("provider", "HUME_AI")
			}
			u.Raw("voice", o.Object())
		}
		u.Some("description", a.Manner)
		u.Float("speed", a.Speed)
		var list dialect.List
		list.Add(u.Object())
		w.Raw("utterances", list.Array())
		if a.format != "" {
			var f dialect.Writer
			f.Text("type", a.format)
			w.Raw("format", f.Object())
		}
		if version, ok := strings.CutPrefix(a.Model, "octave-"); ok {
			w.Text("version", version)
		}
	},
})

// LMNT is its bytes endpoint (https://docs.lmnt.com/api-reference/speech/generate).
var LMNT = speak(vendor{
	family: "lmnt-speech", formats: map[string]string{"mp3": "mp3", "aac": "aac", "wav": "wav", "ulaw": "ulaw"}, own: "_",
	slow: 0.25, fast: 2,
	write: func(w *dialect.Writer, a *asked) {
		w.Text("text", a.Text)
		w.Text("voice", a.Voice)
		w.Some("model", a.Model)
		w.Some("format", a.format)
		w.Float("speed", a.Speed)
		a.unsaid()
	},
})

// FishAudio has the model in a header
// (https://docs.fish.audio/api-reference/endpoint/openapi-v1/text-to-speech).
var FishAudio = speak(vendor{
	family: "fish-audio-speech", formats: map[string]string{"mp3": "mp3", "wav": "wav", "pcm": "pcm", "opus": "opus"},
	slow: 0.5, fast: 2,
	write: func(w *dialect.Writer, a *asked) {
		w.Text("text", a.Text)
		w.Some("reference_id", a.Voice)
		w.Some("format", a.format)
		if a.Speed != nil {
			var o dialect.Writer
			o.Float("speed", a.Speed)
			w.Raw("prosody", o.Object())
		}
		if a.Model != "" {
			a.to.Header = [][2]string{{"Model", a.Model}}
		}
		a.unsaid()
	},
})
