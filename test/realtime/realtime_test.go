// Package realtime_test opens real WebSockets through the whole gateway, with a
// client and a provider that were not written for it.
package realtime_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sluice/internal/app"
	"sluice/internal/config"
)

func serve(t *testing.T) string {
	t.Helper()
	c := config.Defaults()
	c.TrustedHosts, c.TrustedSet = "127.0.0.1", true
	a, err := app.New(c, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(srv.Close)
	return srv.URL
}

// provider echoes what it hears, after it has told what it was asked with. The
// word "bye" makes it hang up with a reason.
func provider(t *testing.T, seen chan<- *http.Request) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/broken") {
			http.Error(w, `{"error":{"message":"no such model"}}`, http.StatusNotFound)
			return
		}
		seen <- r
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"realtime"}, CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(1 << 20)
		ctx := r.Context()
		for {
			kind, text, err := c.Read(ctx)
			if err != nil {
				return
			}
			if string(text) == "bye" {
				_ = c.Close(4001, "session expired")
				return
			}
			if c.Write(ctx, kind, text) != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func dial(t *testing.T, url string, header http.Header, protocols ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http"), &websocket.DialOptions{
		HTTPHeader: header, Subprotocols: protocols, CompressionMode: websocket.CompressionContextTakeover,
	})
}

func TestTalk(t *testing.T) {
	seen := make(chan *http.Request, 1)
	upstream, gateway := provider(t, seen), serve(t)
	for _, c := range []struct {
		name, path, provider string
		header               http.Header
		protocols            []string
		asked                string
	}{
		{"openai", "/v1/realtime?model=gpt-realtime", "openai", http.Header{"Authorization": {"Bearer sk-a"}}, nil, "/realtime?model=gpt-realtime"},
		{"without a version", "/realtime?model=gpt-realtime", "openai", http.Header{"Authorization": {"Bearer sk-a"}}, nil, "/realtime?model=gpt-realtime"},
		{"a browser", "/v1/realtime?model=gpt-realtime", "openai", http.Header{}, []string{"realtime", "openai-insecure-api-key.sk-a"}, "/realtime?model=gpt-realtime"},
		{
			"azure", "/v1/realtime", "azure-openai",
			http.Header{"Authorization": {"Bearer sk-a"}, "X-Portkey-Azure-Resource-Name": {"r"}, "X-Portkey-Azure-Deployment-Id": {"d"}, "X-Portkey-Azure-Api-Version": {"2025-01-01"}},
			nil, "/realtime?api-version=2025-01-01&deployment=d",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.header.Set("X-Portkey-Provider", c.provider)
			c.header.Set("X-Portkey-Custom-Host", upstream)
			conn, resp, err := dial(t, gateway+c.path, c.header, c.protocols...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.CloseNow() }()
			r := <-seen
			if r.URL.RequestURI() != c.asked {
				t.Errorf("asked %s, want %s", r.URL.RequestURI(), c.asked)
			}
			if key := r.Header.Get("Authorization") + r.Header.Get("Api-Key"); key != "Bearer sk-a" && key != "sk-a" {
				t.Errorf("the key came as %q", key)
			}
			if p := r.Header.Get("Sec-Websocket-Protocol"); strings.Contains(p, "sk-a") || len(c.protocols) > 0 && conn.Subprotocol() != "realtime" {
				t.Errorf("protocols %q, agreed on %q", p, conn.Subprotocol())
			}
			if resp.Header.Get("X-Portkey-Provider") != c.provider || resp.Header.Get("X-Portkey-Trace-Id") == "" {
				t.Errorf("headers %v", resp.Header)
			}
			for _, text := range []string{"hello", strings.Repeat("long ", 20_000)} {
				conn.SetReadLimit(1 << 20)
				if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
					t.Fatal(err)
				}
				kind, back, err := conn.Read(t.Context())
				if err != nil || kind != websocket.MessageText || string(back) != text {
					t.Fatalf("%v %d bytes %v", kind, len(back), err)
				}
			}
			_ = conn.Write(t.Context(), websocket.MessageText, []byte("bye"))
			_, _, err = conn.Read(t.Context())
			if e := new(websocket.CloseError); !errors.As(err, e) || e.Code != 4001 || e.Reason != "session expired" {
				t.Errorf("the end was %v", err)
			}
		})
	}
}

// TestFallback goes on to the next target until a provider has agreed.
func TestFallback(t *testing.T) {
	seen := make(chan *http.Request, 1)
	upstream, gateway := provider(t, seen), serve(t)
	conn, resp, err := dial(t, gateway+"/v1/realtime?model=m", http.Header{"X-Portkey-Config": {`{"strategy":{"mode":"fallback"},"targets":[` +
		`{"provider":"openai","api_key":"sk-a","custom_host":"` + upstream + `/broken"},{"provider":"openai","api_key":"sk-b","custom_host":"` + upstream + `/good"}]}`}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	if r := <-seen; r.URL.Path != "/good/realtime" || resp.Header.Get("X-Portkey-Last-Used-Option-Index") != "config.targets[1]" {
		t.Errorf("%s, %v", r.URL.Path, resp.Header)
	}
}

func TestRefusals(t *testing.T) {
	upstream, gateway := provider(t, make(chan *http.Request, 1)), serve(t)
	_, resp, err := dial(t, gateway+"/v1/realtime?model=m", http.Header{"X-Portkey-Provider": {"openai"}, "X-Portkey-Custom-Host": {upstream + "/broken"}, "Authorization": {"Bearer sk-a"}})
	if err == nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("the provider's refusal came as %v", err)
	}
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), "no such model") {
		t.Errorf("%s", body)
	}
	plain, err := http.Get(gateway + "/v1/realtime?model=m")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Body.Close() }()
	if body, _ := io.ReadAll(plain.Body); plain.StatusCode != http.StatusUpgradeRequired || !strings.Contains(string(body), "WebSocket") {
		t.Errorf("%d %s", plain.StatusCode, body)
	}
}

// TestClientLeaves closes the provider's end when the client's breaks.
func TestClientLeaves(t *testing.T) {
	gone := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		_, _, _ = c.Read(context.Background())
		close(gone)
	}))
	defer upstream.Close()
	conn, _, err := dial(t, serve(t)+"/v1/realtime?model=m", http.Header{"X-Portkey-Provider": {"openai"}, "X-Portkey-Custom-Host": {upstream.URL}, "Authorization": {"Bearer sk-a"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.CloseNow()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the provider's end is still open")
	}
}

// TestForeignOrigin: S23, before any call to a provider.
func TestForeignOrigin(t *testing.T) {
	seen := make(chan *http.Request, 1)
	upstream, gateway := provider(t, seen), serve(t)
	_, resp, err := dial(t, gateway+"/v1/realtime?model=m", http.Header{
		"X-Portkey-Provider": {"openai"}, "X-Portkey-Custom-Host": {upstream}, "Authorization": {"Bearer sk-a"}, "Origin": {"https://evil.test"},
	})
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Fatalf("%v", err)
	}
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), "origin_not_allowed") {
		t.Errorf("%s", body)
	}
	select {
	case r := <-seen:
		t.Errorf("the provider was asked %s", r.URL)
	default:
	}
}

// TestJunk: S23, a client that does not speak in frames is told so.
func TestJunk(t *testing.T) {
	upstream, gateway := provider(t, make(chan *http.Request, 1)), serve(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(gateway, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, "GET /v1/realtime?model=m HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer sk-a\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: "+upstream+"\r\n\r\njunk, and more of it")
	answer, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 101 ") || !strings.Contains(string(answer), "\x03\xeathis is not a frame") { // 1002
		t.Errorf("%q", answer)
	}
}
