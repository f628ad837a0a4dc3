package egress_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"sluice/internal/egress"
)

// TestOnly connects to what it was made for, private or not, and to nothing else.
func TestOnly(t *testing.T) {
	at, _ := listen(t)
	other, _ := listen(t)
	p := &egress.Policy{}
	d := &egress.Dialer{Policy: p, Timeout: 5 * time.Second}
	if _, err := d.DialContext(t.Context(), "tcp", at.String()); !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("the dialer itself: %v", err)
	}
	only := d.Only(5*time.Second, at.String())
	conn, err := only.DialContext(t.Context(), "tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	for _, address := range []string{other.String(), "8.8.8.8:53", "localhost:" + port(at), "127.0.0.1"} {
		if _, err := only.DialContext(t.Context(), "tcp", address); !errors.Is(err, egress.ErrForbidden) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := d.Only(time.Second).DialContext(t.Context(), "tcp", at.String()); !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("an empty list: %v", err)
	}
	p.Own(at)
	if _, err := only.DialContext(t.Context(), "tcp", at.String()); !errors.Is(err, egress.ErrForbidden) {
		t.Errorf("our own listener: %v", err)
	}
}

func TestTrusts(t *testing.T) {
	p, err := egress.NewPolicy("tokens.example,127.0.0.1:8080,169.254.0.0/16,*.corp.example")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"https://tokens.example/x": true, "http://127.0.0.1:8080/": true, "https://a.corp.example": true,
		"https://api.openai.com": false, "http://127.0.0.1:8081/": false, "http://169.254.169.254/": false, "http://169.254.1.1/": true, "https://corp.example": false,
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.Trusts(u) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}
