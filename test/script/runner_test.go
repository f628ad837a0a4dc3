package script_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestExpectations proves that every word can fail: a runner that lets
// everything pass would make all archives worthless.
func TestExpectations(t *testing.T) {
	gone := make(chan time.Time, 1)
	left := time.Now()
	gone <- left.Add(50 * time.Millisecond)
	s := &script{files: map[string][]byte{"file": []byte("other\n")}, answers: []message{{pieces: [][]byte{[]byte("x")}}}}
	stream := "data: {\"n\":1}\n\ndata: {\"n\":2}\n\ndata: [DONE]\n\n"
	o := func() *outcome {
		return &outcome{
			status: 200, header: http.Header{"X-A": {"1"}}, body: []byte(stream), answers: 1, took: time.Second, left: left,
			calls:  []*call{{method: "POST", target: "/p", header: http.Header{"X-B": {"2"}}, body: []byte(`{"m":"t", "l":[1]}`), gone: gone}},
			sleeps: []time.Duration{time.Second}, log: "a line",
		}
	}
	for _, tt := range []struct{ holds, fails string }{
		{"status 200", "status 201"},
		{"header x-a = 1", "header x-a = 2"},
		{"header x-a ~ ^.$", "header x-a ~ 2"},
		{"header x-c absent", "header x-a absent"},
		{"header x-a present", "header x-c present"},
		{"body contains [DONE]", "body contains nothing"},
		{"body lacks nothing", "body lacks DONE"},
		{"event n = 2", "event n = 3"},
		{"done yes", "done no"},
		{"cut no", "cut yes"},
		{"answers 1", "answers 2"},
		{"calls 1", "calls 0"},
		{"sent 1 method POST", "sent 1 method GET"},
		{"sent 1 path /p", "sent 2 path /p"},
		{"sent 1 header x-b = 2", "sent 1 header x-b absent"},
		{`sent 1 json l = [1]`, `sent 1 json l = [2]`},
		{`sent 1 json m ~ ^t$`, `sent 1 json m absent`},
		{`sent 1 body = {"m":"t", "l":[1]}`, "sent 1 body exact file"},
		{"slept 1 = 1s", "slept 1 2s..3s"},
		{"slept times 1", "slept 2 = 1s"},
		{"gone within 100ms", "gone soon"},
		{"log contains line", "log lacks line"},
		{"after 1s", "after 2s"},
		{"within 2s", "within 1s"},
		{"body lacks x", "body same as upstream 1"},
		{"body lacks x", "body same as upstream 7"},
		{"body lacks x", "json n = 1"},
		{"body lacks x", "failure 200 a b"},
		{"body lacks x", "colour red"},
		{"body lacks x", "header x-a is 1"},
	} {
		if err := o().expect(s, step{}, parseWant(tt.holds)); err != nil {
			t.Errorf("%s fails: %v", tt.holds, err)
		}
		if o().expect(s, step{}, parseWant(tt.fails)) == nil {
			t.Errorf("%s holds", tt.fails)
		}
	}
}

// TestFailureIsWhole takes one thing at a time away from a good error.
func TestFailureIsWhole(t *testing.T) {
	const body = `{"error":{"message":"no","type":"t","param":null,"code":"c"},"status":"failure","message":"no"}`
	header := func() http.Header {
		return http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"}, "X-Portkey-Trace-Id": {"1"}}
	}
	good := outcome{status: 400, header: header(), body: []byte(body)}
	if err := good.failure("400 t c"); err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct{ old, new string }{
		{`"param":null,`, ``},
		{`"failure"`, `"error"`},
		{`"message":"no"}`, `"message":"yes"}`},
		{`"c"`, `7`},
		{`"no"`, `""`},
		{`"no"`, `"dial tcp 127.0.0.1"`},
		{`"no"`, `"a\nb"`},
		{`"no"`, `"` + strings.Repeat("a", 501) + `"`},
	} {
		bad := outcome{status: 400, header: header(), body: []byte(strings.ReplaceAll(body, change.old, change.new))}
		if bad.failure("400 t c") == nil {
			t.Errorf("%.80s passes for whole", bad.body)
		}
	}
	for name := range good.header {
		bad := outcome{status: 400, header: header(), body: []byte(body)}
		bad.header.Del(name)
		if bad.failure("400 t c") == nil {
			t.Errorf("a failure without %s passes for whole", name)
		}
	}
}

// TestAlways: keys in the log and failures of the gateway's own are found
// without being asked for.
func TestAlways(t *testing.T) {
	for _, o := range []outcome{
		{body: []byte(`{"error":{"code":"internal_error"}}`)}, {log: `{"msg":"panic"}`}, {log: "sk-caller"},
	} {
		if len(o.always()) == 0 {
			t.Errorf("nothing is found in %+v", o)
		}
	}
}

// TestArchiveErrors: an archive with a typing error must not pass.
func TestArchiveErrors(t *testing.T) {
	const request = "-- request --\nGET /\n"
	for _, text := range []string{
		request + "-- want --\nstatus 200\n",
		"About.\n\n",
		"About.\n\n" + request,
		"About.\n\n" + request + "-- want --\nstatus 200\n-- upstream/2 --\n200\n",
		"About.\n\n" + request + "-- want --\nstatus 200\n-- reqest/2 --\nGET /\n",
		"About.\n\n-- request --\n! shout\nGET /\n-- want --\nstatus 200\n",
		"About.\n\n-- request --\nGET /\nno header\n-- want --\nstatus 200\n",
		"About.\n\n" + request + "-- want --\nstatus 200\n-- upstream/1 --\n! abrt\n200\n",
	} {
		if _, err := parseScript(txtar.Parse([]byte(text)), strings.NewReplacer()); err == nil {
			t.Errorf("no fault is found in\n%s", text)
		}
	}
	if _, err := parseScript(txtar.Parse([]byte("About.\n\n"+request+"-- want --\nstatus 200\n")), strings.NewReplacer()); err != nil {
		t.Error(err)
	}
}
