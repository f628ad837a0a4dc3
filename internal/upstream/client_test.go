package upstream

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sluice/internal/dialect"
	"sluice/internal/dialect/openai"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is a transport made of a function.
type wire func(*http.Request) (*http.Response, error)

func (f wire) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var testLimits = Limits{
	Connect: 5 * time.Second, FirstByteStream: 30 * time.Second, FirstByte: 60 * time.Second, Idle: 12 * time.Second,
	TotalStream: 360 * time.Second, Total: 90 * time.Second, ResponseBytes: 5 << 19, EventBytes: 64 << 10, HeaderBytes: 256 << 10,
}

func findDialect(name string) (*dialect.Dialect, bool) { return &openai.Dialect, name == "openai" }

func clientOf(f wire) *Client {
	return &Client{transport: f, dialects: findDialect, limits: testLimits, agent: []string{"sluice/test"}, hop: []string{"hop-token"}, now: time.Now}
}

// answering is a transport that gives the same answer to everything.
func answering(status int, body io.Reader, header ...string) wire {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Add(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
	}
}

// acme is a target for the vendor Acme.
func acme() *policy.Target {
	return &policy.Target{Path: "config", Strict: true, Provider: &provider.Provider{
		ID: "acme", BaseURL: "https://api.acme.example/v1", Auth: provider.Auth{Scheme: provider.Bearer, Prefix: "Bearer "},
		Ops: map[llm.Op]provider.Endpoint{llm.Chat: {Dialect: "openai", Path: "/chat/completions"}},
	}}
}

// chat is a client's request.
func chat(tb testing.TB, body string) *Request {
	tb.Helper()
	o, err := jsonx.Parse([]byte(body))
	if err != nil {
		tb.Fatal(err)
	}
	return &Request{Op: llm.Chat, Method: http.MethodPost, Path: "/chat/completions", Header: http.Header{}, Dialect: &openai.Dialect, Body: &o}
}

const (
	unary    = `{"model":"m","messages":[]}`
	streamed = `{"model":"m","stream":true,"messages":[]}`
	reply    = `{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}`
)

func ask(t *testing.T, f wire, body string) (*llm.Answer, error) {
	t.Helper()
	return clientOf(f).Do(t.Context(), chat(t, body), acme(), secret.New("k"))
}

func failed(t *testing.T, err error) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an *llm.Error", err)
	}
	return e
}

func TestBytesPass(t *testing.T) {
	const asked = ` {"model" : "m", "seed":12345678901234567890, "messages":[ ], "x":1e400} `
	var sent *http.Request
	var got []byte
	f := func(r *http.Request) (*http.Response, error) {
		sent = r
		got, _ = io.ReadAll(r.Body)
		return answering(200, strings.NewReader(reply+"\n"), "Content-Type", "application/json; charset=utf-8", "X-Request-Id", "r1", "Server", "x")(r)
	}
	answer, err := ask(t, f, asked)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != asked || sent.Method != "POST" || sent.URL.String() != "https://api.acme.example/v1/chat/completions" || sent.ContentLength != int64(len(asked)) {
		t.Errorf("%s %s (%d): %s", sent.Method, sent.URL, sent.ContentLength, got)
	}
	if string(answer.Body) != reply+"\n" || answer.Status != 200 || answer.Finish != "stop" || answer.Usage == nil || answer.Usage.Input != 3 {
		t.Errorf("%+v", answer)
	}
	if h := answer.Header; h.Get("Content-Type") != "application/json" || h.Get("X-Request-Id") != "r1" || h.Get("Server") != "" {
		t.Errorf("%v", h)
	}
}

func TestOverridesReplace(t *testing.T) {
	var got []byte
	target := acme()
	target.Overrides = []policy.Override{{Name: "model", Value: jsonx.Quote("other")}, {Name: "top_p", Value: jsonx.Value("0.5")}}
	_, err := clientOf(func(r *http.Request) (*http.Response, error) {
		got, _ = io.ReadAll(r.Body)
		return answering(200, strings.NewReader(reply))(r)
	}).Do(t.Context(), chat(t, `{"messages":[]}`), target, secret.String{})
	if err != nil || string(got) != `{"messages":[],"model":"other","top_p":0.5}` {
		t.Errorf("%v: %s", err, got)
	}
}

// TestBadRequestsStayHere: what cannot be asked never reaches the network.
func TestBadRequestsStayHere(t *testing.T) {
	for _, c := range []struct {
		name, body string
		change     func(*policy.Target)
		kind       llm.Kind
		param      string
	}{
		{"no model", `{"messages":[]}`, nil, llm.InvalidRequest, "model"},
		{"model of the wrong type", `{"model":5}`, nil, llm.InvalidRequest, "model"},
		{"empty model", `{"model":""}`, nil, llm.InvalidRequest, "model"},
		{"stream of the wrong type", `{"model":"m","stream":"true"}`, nil, llm.InvalidRequest, "stream"},
		{"no such operation", unary, func(t *policy.Target) { t.Provider.Ops = nil }, llm.NotSupported, ""},
		{"unknown dialect", unary, func(t *policy.Target) {
			t.Provider.Ops = map[llm.Op]provider.Endpoint{llm.Chat: {Dialect: "klingon", Path: "/x"}}
		}, llm.NotSupported, ""},
		{"credentials nobody can make", unary, func(t *policy.Target) { t.Provider.Auth = provider.Auth{Scheme: "sigv4"} }, llm.NotSupported, ""},
		{"no address", unary, func(t *policy.Target) { t.Provider.CustomHost = true }, llm.InvalidRequest, "x-portkey-custom-host"},
		{"line end in a header", unary, func(t *policy.Target) { t.Headers = []policy.Header{{Name: "X-A", Value: "a\r\nb: c"}} }, llm.InvalidConfig, "x-a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := acme()
			if c.change != nil {
				c.change(target)
			}
			_, err := clientOf(func(*http.Request) (*http.Response, error) {
				t.Error("it was sent")
				return nil, io.EOF
			}).Do(t.Context(), chat(t, c.body), target, secret.New("k"))
			if e := failed(t, err); e.Kind != c.kind || e.Param != c.param || e.Class != "" {
				t.Errorf("kind %d, param %q, class %q: %s", e.Kind, e.Param, e.Class, e.Message)
			}
		})
	}
}

// TestAnswers that cannot be used are failed attempts, whatever their status.
func TestAnswers(t *testing.T) {
	jsonType := []string{"Content-Type", "application/json"}
	for _, c := range []struct {
		name, asked string
		status      int
		body        string
		header      []string
		kind        llm.Kind
		want        int
		class       llm.Class
		message     string
	}{
		{"error", unary, 429, `{"error":{"message":"slow down","type":"rate_limit","code":"r"}}`, jsonType, llm.UpstreamStatus, 429, llm.ClassStatus, "slow down"},
		{"error to a stream request", streamed, 503, `{"error":{"message":"busy"}}`, jsonType, llm.UpstreamStatus, 503, llm.ClassStatus, "busy"},
		{"error as a stream", streamed, 500, "data: {}\n\n", []string{"Content-Type", "text/event-stream"}, llm.UpstreamStatus, 500, llm.ClassStatus, ""},
		{"error page", unary, 502, `<html>Bad Gateway</html>`, []string{"Content-Type", "text/html"}, llm.UpstreamStatus, 502, llm.ClassStatus, ""},
		{"not JSON", unary, 200, `hello`, jsonType, llm.InvalidResponse, 502, llm.ClassInvalid, "the provider's answer cannot be used: it is not a JSON object"},
		{"empty", unary, 200, ``, jsonType, llm.InvalidResponse, 502, llm.ClassInvalid, "the provider's answer cannot be used: it is not a JSON object"},
		{"another shape", unary, 200, `{"ok":true}`, jsonType, llm.InvalidResponse, 502, llm.ClassInvalid, "the provider's answer cannot be used: it has no list of choices"},
		{"an error as 200", unary, 200, `{"error":{"message":"no","type":"invalid_request_error"}}`, jsonType, llm.UpstreamStatus, 400, llm.ClassStatus, "no"},
		{"redirect", unary, 302, ``, []string{"Location", "https://evil.example"}, llm.InvalidResponse, 502, llm.ClassInvalid, "the provider answered with a redirect or an unexpected status, which is not followed"},
		{"switching protocols", unary, 101, ``, nil, llm.InvalidResponse, 502, llm.ClassInvalid, "the provider answered with a redirect or an unexpected status, which is not followed"},
		{"encoding nobody asked for", unary, 200, reply, []string{"Content-Encoding", "br"}, llm.InvalidResponse, 502, llm.ClassInvalid, "the provider's answer has a content encoding that was not asked for"},
		{"too large", unary, 200, reply + strings.Repeat(" ", 4<<20), jsonType, llm.ResponseTooLarge, 502, llm.ClassTooLarge, "the provider's answer is larger than the gateway's limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, err := ask(t, answering(c.status, strings.NewReader(c.body), append(c.header, "X-Request-Id", "r1")...), c.asked)
			if answer != nil {
				t.Fatalf("answered: %+v", answer)
			}
			e := failed(t, err)
			if e.Kind != c.kind || e.Status != c.want || e.Class != c.class || e.Message != c.message || e.Final {
				t.Errorf("kind %d, status %d, class %s: %s", e.Kind, e.Status, e.Class, e.Message)
			}
			if c.kind == llm.UpstreamStatus && e.Header.Get("X-Request-Id") != "r1" {
				t.Error("the provider's headers are lost")
			}
		})
	}
}

// TestWholeAnswerToAStreamRequest is R24: 200 JSON passes as JSON.
func TestWholeAnswerToAStreamRequest(t *testing.T) {
	answer, err := ask(t, answering(200, strings.NewReader(reply), "Content-Type", "application/json"), streamed)
	if err != nil || answer.Stream != nil || string(answer.Body) != reply {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestUploadIsSentOnce(t *testing.T) {
	calls := 0
	r := chat(t, unary)
	r.Op, r.Path, r.Body = llm.Relay, "/files", nil
	r.Raw = &RawBody{Reader: strings.NewReader("file"), ContentType: "multipart/form-data; boundary=b", Length: 4}
	_, err := clientOf(func(req *http.Request) (*http.Response, error) {
		calls++
		if h := req.Header.Get("Content-Type"); h != r.Raw.ContentType {
			t.Errorf("content type %q", h)
		}
		_, _ = req.Body.Read(make([]byte, 1))
		return nil, io.ErrUnexpectedEOF
	}).Do(t.Context(), r, acme(), secret.New("k"))
	if e := failed(t, err); calls != 1 || !e.Final || e.Class != llm.ClassReset {
		t.Errorf("%d calls, final %v, class %s", calls, e.Final, e.Class)
	}
}

// TestClientsFaultIsNotTheProviders: a body that breaks while it is passed on.
func TestClientsFaultIsNotTheProviders(t *testing.T) {
	r := chat(t, unary)
	r.Op, r.Path, r.Body = llm.Relay, "/files", nil
	own := &llm.Error{Kind: llm.BodyTooLarge, Status: 413, Message: "the body is larger than 1 MiB"}
	r.Raw = &RawBody{Reader: broken{own}, ContentType: "audio/wav", Length: -1}
	_, err := clientOf(func(req *http.Request) (*http.Response, error) {
		_, err := io.ReadAll(req.Body)
		return nil, err
	}).Do(t.Context(), r, acme(), secret.New("k"))
	if e := failed(t, err); e.Kind != llm.BodyTooLarge || e.Status != 413 || !e.Final {
		t.Errorf("kind %d, status %d, final %v: %s", e.Kind, e.Status, e.Final, e.Message)
	}
}

// broken is a reader that fails.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
