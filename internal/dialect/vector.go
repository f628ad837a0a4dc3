package dialect

import (
	"encoding/base64"
	"encoding/binary"
	"math"

	"sluice/internal/jsonx"
)

// Packed writes a vector as little-endian float32 in base64, which OpenAI's own
// SDKs ask for unless told otherwise (wire formats, canonical embeddings).
func Packed(values jsonx.Value) jsonx.Value {
	var raw []byte
	for v := range jsonx.Elements(values) {
		f, _ := jsonx.Float(v)
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(f)))
	}
	return jsonx.Quote(base64.StdEncoding.EncodeToString(raw))
}
