package llm

// Speech asks to have a text spoken. What of it a vendor calls by its own name
// comes along in Extra, as with a Picture.
type Speech struct {
	Model, Text string
	Voice       string // a name or an id at the vendor
	Format      string // the client's word: mp3, opus, aac, flac, wav, pcm; empty: as the vendor likes
	Speed       *float64
	Manner      string // how it shall be spoken
	Extra       Extra
}
