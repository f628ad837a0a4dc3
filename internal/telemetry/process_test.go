package telemetry

import "testing"

func TestPages(t *testing.T) {
	for text, want := range map[string]int64{"100 7 3 1 0 50 0\n": 7 * 4096, "": 0, "5": 0, "1 x": 0} {
		if n, _ := pages([]byte(text), 4096); n != want {
			t.Errorf("%q: %d, want %d", text, n, want)
		}
	}
}
