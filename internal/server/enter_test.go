package server

import "testing"

// TestReserve is R31: health and figures have 16 places beyond the limit, and
// those are all.
func TestReserve(t *testing.T) {
	s := &Server{Shared: &Shared{}, Options: Options{Limits: Limits{InFlight: 2}}}
	for i, want := range []bool{true, true, false} {
		if got := s.enter("/v1/chat/completions"); got != want {
			t.Errorf("request %d: %v", i+1, got)
		}
	}
	for i := range reserve + 1 {
		path := []string{"/livez", "/readyz", "/metrics"}[i%3]
		if got, want := s.enter(path), i < reserve; got != want {
			t.Errorf("%s, the %d. in the reserve: %v", path, i+1, got)
		}
	}
	if n, _ := s.Load(); n != 2+reserve {
		t.Errorf("%d are in flight", n)
	}
}
