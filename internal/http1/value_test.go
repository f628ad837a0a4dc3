package http1_test

import (
	"strings"
	"testing"

	"sluice/internal/http1"
)

// TestIsValue puts every byte at every place of a value.
func TestIsValue(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			value := strings.Repeat("v", at) + string([]byte{byte(c)}) + strings.Repeat("é", 3) + strings.Repeat("w", 20-at)
			if want := c >= ' ' && c != 0x7f || c == '\t'; http1.IsValue(value) != want {
				t.Fatalf("%q: %v", value, !want)
			}
		}
	}
	if !http1.IsValue("") {
		t.Error("no value is refused")
	}
}
