package dialecttest

import (
	"bytes"
	"reflect"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Kin reports whether a provider of one dialect can check the proofs in the
// other.
func Kin(a, b *dialect.Dialect) bool { return a.Origin != "" && a.Origin == b.Origin }

// poisoned judges L6: a prompt gets a private member in every object it was
// read from, and poison for every proof; nothing of it reaches a provider of
// another family.
func poisoned(t T, client, provider *dialect.Dialect, body []byte) {
	t.Helper()
	p, err := client.Chat.DecodeRequest(body)
	if err != nil {
		t.Fatal(err)
	}
	spoil(reflect.ValueOf(p), p.Family, !Kin(client, provider))
	out, _, err := provider.Chat.EncodeRequest(p)
	if err == nil && bytes.Contains(out, []byte(poison)) {
		t.Errorf("a private member leaked (L6): %s", out)
	}
}

// spoil walks through a decoded value.
func spoil(v reflect.Value, family string, seals bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if s, ok := v.Interface().(*llm.Seal); ok && s != nil && seals {
			s.Data = poison
			return
		}
		if !v.IsNil() {
			spoil(v.Elem(), family, seals)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if v.Index(i).Kind() == reflect.Struct || v.Index(i).Kind() == reflect.Pointer {
				spoil(v.Index(i), family, seals)
			}
		}
	case reflect.Struct:
		if x, ok := v.Addr().Interface().(*llm.Extra); ok {
			x.Family = family
			x.Fields = append(x.Fields, llm.Field{Name: "x_private", Value: jsonx.Quote(poison)})
			return
		}
		for i := range v.NumField() {
			spoil(v.Field(i), family, seals)
		}
	}
}
