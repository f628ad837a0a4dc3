package policy_test

import (
	"strings"
	"testing"

	"sluice/internal/llm"
	"sluice/internal/policy"
)

var env = policy.Env{
	Metadata: map[string]string{"plan": "paid", "a.b": "dotted", "n": "10", "empty": "", "long": strings.Repeat("a", 8<<10), "longer": strings.Repeat("a", 8<<10+1)},
	Params:   []byte(`{"model":"m-1","temperature":0.5,"stream":true,"stop":null,"big":12345678901234567890,"messages":[{"role":"user","content":"hi"},{"role":"system"}],"user":{"id":{"deep":7}},"t\u0065xt":"\u00e9"}`),
	Path:     "/v1/chat/completions",
}

// conditional is a config with one condition that leads to the target "yes".
func conditional(query string) string {
	return `{"strategy":{"mode":"conditional","conditions":[{"query":` + query + `,"then":"yes"}],"default":"no"},"targets":[{"name":"no","provider":"acme"},{"name":"yes","provider":"beta"}]}`
}

// TestQueries are the conditions of the contract, §3.7, without the quirks of
// its section 10, no. 22.
func TestQueries(t *testing.T) {
	for _, c := range []struct {
		name, query string
		want        bool
	}{
		{"nothing asked", `{}`, true},
		{"plain equality", `{"metadata.plan":"paid"}`, true},
		{"plain inequality", `{"metadata.plan":"free"}`, false},
		{"missing key", `{"metadata.nope":"x"}`, false},
		{"missing key is not null", `{"metadata.nope":null}`, false},
		{"unknown root", `{"headers.x":"y"}`, false},
		{"root alone", `{"metadata":"paid"}`, false},
		{"dots in a name", `{"metadata.a.b":"dotted"}`, true},
		{"all keys must hold", `{"metadata.plan":"paid","params.model":"m-2"}`, false},
		{"and do", `{"metadata.plan":"paid","params.model":"m-1"}`, true},
		{"path of the URL", `{"url.pathname":{"$regex":"^/v1/chat"}}`, true},
		{"other parts of the URL", `{"url.host":"x"}`, false},
		{"any depth", `{"params.user.id.deep":7}`, true},
		{"position in a list", `{"params.messages.0.content":"hi"}`, true},
		{"past the end of a list", `{"params.messages.2.content":"hi"}`, false},
		{"through a text", `{"params.model.0":"m"}`, false},
		{"escapes on both sides", `{"params.text":"é"}`, true},

		{"number is no text", `{"params.temperature":"0.5"}`, false},
		{"numbers by value", `{"params.temperature":5e-1}`, true},
		{"true", `{"params.stream":true}`, true},
		{"true is no text", `{"params.stream":"true"}`, false},
		{"null", `{"params.stop":null}`, true},
		{"lists are never equal", `{"params.messages":[]}`, false},

		{"$eq", `{"metadata.plan":{"$eq":"paid"}}`, true},
		{"$eq is strict", `{"metadata.n":{"$eq":10}}`, false},
		{"$ne", `{"metadata.plan":{"$ne":"paid"}}`, false},
		{"$ne of a missing key", `{"metadata.nope":{"$ne":"x"}}`, true},
		{"$gt", `{"params.temperature":{"$gt":0.4}}`, true},
		{"$gt of the same", `{"params.temperature":{"$gt":0.5}}`, false},
		{"$gte", `{"params.temperature":{"$gte":0.5}}`, true},
		{"$lt", `{"params.temperature":{"$lt":0.5}}`, false},
		{"$lte", `{"params.temperature":{"$lte":0.5}}`, true},
		{"numbers in texts", `{"metadata.n":{"$gt":"9"}}`, true},
		{"comparing no number", `{"metadata.plan":{"$gt":1}}`, false},
		{"comparing nothing", `{"metadata.nope":{"$lt":1}}`, false},
		{"a range", `{"params.temperature":{"$gt":0.4,"$lt":0.6}}`, true},
		{"outside a range", `{"params.temperature":{"$gt":0.4,"$lt":0.45}}`, false},
		{"$in", `{"metadata.plan":{"$in":["free","paid"]}}`, true},
		{"$in is strict", `{"metadata.n":{"$in":[10]}}`, false},
		{"$in of nothing", `{"metadata.plan":{"$in":[]}}`, false},
		{"$nin", `{"metadata.plan":{"$nin":["free"]}}`, true},
		{"$nin of a missing key", `{"metadata.nope":{"$nin":["free"]}}`, true},
		{"$regex", `{"params.model":{"$regex":"^m-\\d$"}}`, true},
		{"$regex on a number", `{"params.temperature":{"$regex":"^0"}}`, true},
		{"$regex on nothing", `{"metadata.nope":{"$regex":".*"}}`, false},
		{"$regex on 8 KiB", `{"metadata.long":{"$regex":"^a+$"}}`, true},
		{"$regex on more", `{"metadata.longer":{"$regex":"^a+$"}}`, false},
		{"$regex beside another operator", `{"metadata.plan":{"$regex":"^p","$ne":"paid"}}`, false},
		{"no operator at all", `{"metadata.plan":{}}`, true},

		{"$and", `{"$and":[{"metadata.plan":"paid"},{"params.stream":true}]}`, true},
		{"$and of which one fails", `{"$and":[{"metadata.plan":"paid"},{"params.stream":false}]}`, false},
		{"$and of none", `{"$and":[]}`, true},
		{"$or", `{"$or":[{"metadata.plan":"free"},{"params.stream":true}]}`, true},
		{"$or of which all fail", `{"$or":[{"metadata.plan":"free"},{"params.stream":false}]}`, false},
		{"$or of none", `{"$or":[]}`, false},
		{"$or heeds its siblings", `{"$or":[{"metadata.plan":"paid"}],"params.model":"m-2"}`, false},
		{"nested", `{"$or":[{"$and":[{"metadata.plan":"paid"},{"$or":[{"params.model":{"$in":["m-1"]}}]}]}]}`, true},
	} {
		root := compile(t, conditional(c.query)).Root.(*policy.Conditional)
		n, err := root.Choose(&env)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := n == root.Targets[1]; got != c.want {
			t.Errorf("%s: %s is %v, want %v", c.name, c.query, got, c.want)
		}
	}
}

func TestQueryWithoutABody(t *testing.T) {
	root := compile(t, conditional(`{"params.stream":{"$ne":true}}`)).Root.(*policy.Conditional)
	if n, err := root.Choose(&policy.Env{}); err != nil || n != root.Targets[1] {
		t.Errorf("chose %v, %v", n, err)
	}
}

func TestBadQueries(t *testing.T) {
	deep := func(n int) string {
		return strings.Repeat(`{"$and":[`, n) + `{}` + strings.Repeat(`]}`, n)
	}
	for _, c := range []struct{ name, query, want string }{
		{"not an object", `[]`, "Expected an object of conditions"},
		{"as deep as may be", deep(7), ""},
		{"too deep", deep(8), "Expected an object of conditions"},
		{"$and of no list", `{"$and":{}}`, "$and and $or take an array of conditions"},
		{"$in of no list", `{"metadata.a":{"$in":"x"}}`, "$in and $nin take an array"},
		{"$nin of no list", `{"metadata.a":{"$nin":{}}}`, "$in and $nin take an array"},
		{"$gt of no number", `{"metadata.a":{"$gt":"x"}}`, "$gt, $gte, $lt and $lte take a number"},
		{"$regex of no text", `{"metadata.a":{"$regex":1}}`, "$regex takes a pattern of at most 1024 bytes"},
		{"a pattern of 1 KiB", `{"metadata.a":{"$regex":"` + strings.Repeat("a", 1<<10) + `"}}`, ""},
		{"a longer pattern", `{"metadata.a":{"$regex":"` + strings.Repeat("a", 1<<10+1) + `"}}`, "$regex takes a pattern of at most 1024 bytes"},
		{"look-ahead", `{"metadata.a":{"$regex":"a(?=b)"}}`, "$regex pattern is not supported (RE2 syntax, without look-around and back references)"},
	} {
		_, err := newCompiler(t).Compile(policy.Source{Config: conditional(c.query)})
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v %q", c.name, err, asError(t, err).Details)
			}
			continue
		}
		if err == nil || asError(t, err).Details[0] != "path: strategy,conditions,0,query, message: "+c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestCodes: a failure without a status of its own stands for others (R15).
func TestCodes(t *testing.T) {
	status := func(n int) *llm.Error {
		return &llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: n}
	}
	class := func(c llm.Class, n int) *llm.Error { return &llm.Error{Class: c, Status: n} }
	for _, c := range []struct {
		name  string
		codes policy.Codes
		e     *llm.Error
		want  bool
	}{
		{"named", policy.CodesOf(429), status(429), true},
		{"not named", policy.CodesOf(429), status(500), false},
		{"empty", policy.CodesOf(), status(500), false},
		{"not given", policy.Codes{}, status(500), false},
		{"success never counts", policy.CodesOf(200, 246, 299), status(246), false},
		{"a redirect may", policy.CodesOf(300), status(300), true},
		{"DNS as 500", policy.CodesOf(500), class(llm.ClassDNS, 502), true},
		{"refused as 502", policy.CodesOf(502), class(llm.ClassConnect, 502), true},
		{"TLS as 503", policy.CodesOf(503), class(llm.ClassTLS, 502), true},
		{"write as 500", policy.CodesOf(500), class(llm.ClassWrite, 502), true},
		{"reset as 503", policy.CodesOf(503), class(llm.ClassReset, 502), true},
		{"reset not as 504", policy.CodesOf(504), class(llm.ClassReset, 502), false},
		{"first byte as 408", policy.CodesOf(408), class(llm.ClassFirstByte, 504), true},
		{"asked limit as 504", policy.CodesOf(504), class(llm.ClassFirstByte, 408), true},
		{"idle as 408", policy.CodesOf(408), class(llm.ClassIdle, 504), true},
		{"timeout not as 500", policy.CodesOf(500, 502, 503), class(llm.ClassIdle, 504), false},
		{"an unusable answer only as 502", policy.CodesOf(500, 503), class(llm.ClassInvalid, 502), false},
		{"a provider's 500 is no 503", policy.CodesOf(503), status(500), false},
	} {
		if got := c.codes.Match(c.e); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
