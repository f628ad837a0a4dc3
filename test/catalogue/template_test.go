package catalogue_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"testing"
	"testing/fstest"

	"sluice/internal/app"
	"sluice/internal/config"
	"sluice/internal/mockllm"
	"sluice/internal/provider"
)

// TestTemplateVendor adds a vendor that is nothing but the template file: chats,
// plain and streamed, go to its place with its kind of key.
func TestTemplateVendor(t *testing.T) {
	raw, err := os.ReadFile("../../providers/_template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := provider.Load(fstest.MapFS{"example.yaml": {Data: raw}})
	if err != nil {
		t.Fatal(err)
	}
	p := catalogue.All()[0]
	c := config.Defaults()
	c.TrustedHosts, c.TrustedSet = "127.0.0.1", true
	a, err := app.New(c, func(string) string { return "" }, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Server.Gateway.Compiler.Catalogue.Add(p); err != nil {
		t.Fatal(err)
	}
	fake := mockllm.New(mockllm.Options{})
	defer fake.Close()
	upstream, gateway := httptest.NewServer(fake), httptest.NewServer(a.Handler())
	defer upstream.Close()
	defer gateway.Close()
	v := visitor{t: t, gateway: gateway.URL, upstream: upstream.URL, fake: fake, p: p}
	v.chat(false)
	v.chat(true)
}
