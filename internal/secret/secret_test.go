package secret_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"sluice/internal/jsonx"
	"sluice/internal/secret"
)

func TestNothingPrintsIt(t *testing.T) {
	const text = "sk-canary"
	s := secret.New(text)
	holder := struct {
		Key secret.String `json:"key"`
	}{s}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", s, "holder", holder)
	encoded, err := jsonx.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{log.String(), string(encoded)}
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
		all = append(all, fmt.Sprintf(verb, s), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, &holder))
	}
	hexed := fmt.Sprintf("%x", text)
	for _, out := range all {
		if strings.Contains(out, text) || strings.Contains(out, hexed) {
			t.Errorf("shown in %q", out)
		}
	}
	if s.Reveal() != text || s.Empty() || !secret.New("").Empty() {
		t.Error("Reveal or Empty is wrong")
	}
}
