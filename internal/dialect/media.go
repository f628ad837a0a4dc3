package dialect

import (
	"encoding/base64"
	"strings"

	"sluice/internal/llm"
)

// DataURL takes a base64 data URL apart (RFC 2397).
func DataURL(url string) (mediaType, data string, ok bool) {
	rest, ok := strings.CutPrefix(url, "data:")
	if !ok {
		return "", "", false
	}
	head, data, ok := strings.Cut(rest, ",")
	if !ok || !strings.HasSuffix(head, ";base64") {
		return "", "", false
	}
	mediaType, _, _ = strings.Cut(head, ";")
	return mediaType, data, true
}

// IsDataURL reports whether the URL holds its content itself.
func IsDataURL(url string) bool { return strings.HasPrefix(url, "data:") }

// PlainDocument is the text of a document given as base64.
func PlainDocument(m *llm.Media) (string, error) {
	b, err := base64.StdEncoding.DecodeString(m.Data)
	return string(b), err
}
