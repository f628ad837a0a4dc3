package providertest

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"sluice/internal/jsonx"
	"sluice/internal/provider"
)

// bystanders are members no quirk is about; every edit must leave them, and
// their bytes, alone.
const bystanders = `"model":"m", "x_bystander" : {"name":"developer", "n" : 1e400,"list":[ 1,2 ]}`

// quirks checks that each quirk of a provider happens, is reported where it
// loses something, and changes nothing else.
func quirks(t *testing.T, p *provider.Provider) {
	t.Helper()
	q := &p.Quirks
	for _, r := range q.Rename {
		edit(t, p, `"`+r.From+`":77`, r.From, nil, map[string]string{r.From: "", r.To: "77"})
		edit(t, p, `"`+r.From+`":77,"`+r.To+`":88`, r.From, []string{r.From}, map[string]string{r.From: "", r.To: "88"})
	}
	for _, field := range q.Drop {
		edit(t, p, `"`+field+`":true`, field, []string{field}, map[string]string{field: ""})
		edit(t, p, `"`+field+`":null`, field, nil, map[string]string{field: ""})
	}
	for _, c := range q.Clamp {
		if c.Max != nil {
			bound := strconv.FormatFloat(*c.Max, 'g', -1, 64)
			edit(t, p, `"`+c.Field+`":1e9`, c.Field, []string{c.Field + " (clamped to " + bound + ")"}, map[string]string{c.Field: bound})
			edit(t, p, `"`+c.Field+`":`+bound, c.Field, nil, map[string]string{c.Field: bound})
		}
		if c.Min != nil {
			bound := strconv.FormatFloat(*c.Min, 'g', -1, 64)
			edit(t, p, `"`+c.Field+`":-1e9`, c.Field, []string{c.Field + " (clamped to " + bound + ")"}, map[string]string{c.Field: bound})
			edit(t, p, `"`+c.Field+`":`+bound, c.Field, nil, map[string]string{c.Field: bound})
		}
	}
	for _, v := range q.Values {
		edit(t, p, `"`+v.Field+`":"`+v.From+`"`, v.Field, nil, map[string]string{v.Field: `"` + v.To + `"`})
		edit(t, p, `"`+v.Field+`":"no such value"`, v.Field, nil, map[string]string{v.Field: `"no such value"`})
	}
	messages(t, p)
	edit(t, p, `"stream":true`, "nothing", nil, map[string]string{"stream": "true"})
}

func messages(t *testing.T, p *provider.Provider) {
	t.Helper()
	q := &p.Quirks
	said := `[{"role":"developer","content":"x"}, {"role":"user","content":"developer"}]`
	want := said
	if q.DeveloperRole != "" {
		want = strings.Replace(said, "developer", q.DeveloperRole, 1)
	}
	edit(t, p, `"messages":`+said, "role developer", nil, map[string]string{"messages": strings.ReplaceAll(want, ", ", ",")})
	for _, field := range q.DropInMessages {
		with := `[{"role":"user","` + field + `":"x","content":{"` + field + `":1}}]`
		without := `[{"role":"user","content":{"` + field + `":1}}]`
		edit(t, p, `"messages":`+with, field, []string{"messages[]." + field}, map[string]string{"messages": without})
	}
}

// edit runs a provider's quirks over the members and the bystanders and
// compares: lost with what was reported, want (empty: gone) with what the
// members became, and the bystanders with themselves.
func edit(t *testing.T, p *provider.Provider, members, what string, lost []string, want map[string]string) {
	t.Helper()
	text := "{" + bystanders + "," + members + "}"
	body, err := jsonx.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	reported := p.Quirks.Edit(&body)
	if !slices.Equal(reported, lost) {
		t.Errorf("%s: reported %q, want %q", what, reported, lost)
	}
	after, err := jsonx.Parse(body.Bytes())
	if err != nil {
		t.Fatalf("%s: %s is not JSON: %v", what, body.Bytes(), err)
	}
	before, _ := jsonx.Parse([]byte("{" + bystanders + "}"))
	left := 0
	for name, value := range before.All() {
		left++
		if got := string(after.Get(name)); got != string(value) {
			t.Errorf("%s: %s became %s", what, name, got)
		}
	}
	for name, value := range want {
		if value != "" {
			left++
		}
		if got := string(after.Get(name)); strings.ReplaceAll(got, ", ", ",") != value {
			t.Errorf("%s: %s is %s, want %s", what, name, got, value)
		}
	}
	if after.Len() != left {
		t.Errorf("%s: %s has %d members, want %d", what, body.Bytes(), after.Len(), left)
	}
}
