package script_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sluice/internal/jsonx"
)

// check tries every expectation of a step, and what holds for all answers.
func (o *outcome) check(s *script, st step) (failures []error) {
	for _, w := range st.wants {
		if err := o.expect(s, st, w); err != nil {
			failures = append(failures, fmt.Errorf("%s\n\tcame: %w", w.text, err))
		}
	}
	return append(failures, o.always()...)
}

// always holds for every answer: no request makes the gateway fail by itself
// (E5), and no credential is told to anybody (S50). Cases write all their keys
// with sk- in front.
func (o *outcome) always() (failures []error) {
	if bytes.Contains(o.body, []byte("internal_error")) || strings.Contains(o.log, `"msg":"panic"`) {
		failures = append(failures, fmt.Errorf("an internal error: %q", o.body))
	}
	if strings.Contains(o.log, "sk-") {
		failures = append(failures, fmt.Errorf("a key is in the log: %s", o.log))
	}
	return failures
}

// expect checks one line. README.md has the words.
func (o *outcome) expect(s *script, st step, w want) error {
	switch w.word {
	case "status":
		return same(strconv.Itoa(o.status), w.rest)
	case "failure":
		return o.failure(w.rest)
	case "header":
		return inHeader(o.header, w.rest)
	case "json":
		return inJSON(o.body, w.rest)
	case "body":
		return inBytes(s, st, o.body, w.rest)
	case "event":
		return o.event(w.rest)
	case "done":
		return yesNo(bytes.HasSuffix(bytes.TrimSpace(o.body), []byte("data: [DONE]")) && bytes.Count(o.body, []byte("[DONE]")) == 1,
			bytes.Contains(o.body, []byte("[DONE]")), w.rest)
	case "cut":
		return yesNo(o.cut, o.cut, w.rest)
	case "answers":
		return same(strconv.Itoa(o.answers), w.rest)
	case "calls":
		return same(strconv.Itoa(len(o.calls)), w.rest)
	case "sent":
		return o.sent(s, st, w.rest)
	case "slept":
		return o.slept(w.rest)
	case "gone":
		return o.gone(w.rest)
	case "log":
		return inBytes(s, st, []byte(o.log), w.rest)
	case "after", "within":
		d, err := time.ParseDuration(w.rest)
		if err == nil && (o.took < d) == (w.word == "after") {
			err = fmt.Errorf("it took %s", o.took)
		}
		return err
	}
	return fmt.Errorf("there is no expectation %q", w.word)
}

func same(got, want string) error {
	if got != want {
		return fmt.Errorf("%s", got)
	}
	return nil
}

// yesNo checks "yes" with one test and "no" with another: a stream that has
// its end mark twice has neither.
func yesNo(yes, notNo bool, want string) error {
	switch {
	case want == "yes" && !yes, want == "no" && notNo:
		return fmt.Errorf("the opposite")
	case want != "yes" && want != "no":
		return fmt.Errorf("want yes or no, not %q", want)
	}
	return nil
}

// failure checks that the body is an error of the gateway's own, whole: status,
// type and code as given, and all that E1, E2 and E4 ask of any of them.
func (o *outcome) failure(rest string) error {
	f := strings.Fields(rest)
	if len(f) != 3 {
		return fmt.Errorf("want a status, a type and a code")
	}
	if err := same(strconv.Itoa(o.status), f[0]); err != nil {
		return err
	}
	for _, line := range []string{
		`json error.type = ` + strconv.Quote(f[1]), `json error.code = ` + strconv.Quote(f[2]),
		`json error.param present`, `json status = "failure"`,
		`header content-type = application/json`, `header cache-control = no-store`,
		`header x-content-type-options = nosniff`, `header x-portkey-trace-id present`,
	} {
		if err := o.expect(nil, step{}, parseWant(line)); err != nil {
			return fmt.Errorf("not %s: %w", line, err)
		}
	}
	return checkMessage(jsonx.At(o.body, "error", "message"), jsonx.At(o.body, "message"))
}

// leaks are what no error message may hold (E2).
var leaks = regexp.MustCompile(`sk-|127\.0\.0\.1|/root|/work|\.go:|goroutine|\*llm\.|net/http|dial tcp`)

func checkMessage(inner, outer jsonx.Value) error {
	text, ok := jsonx.Text(inner)
	switch {
	case !ok || text == "" || string(inner) != string(outer):
		return fmt.Errorf("messages %s and %s: want the same text twice", inner, outer)
	case len([]rune(text)) > 500, strings.ContainsFunc(text, unicode.IsControl), leaks.MatchString(text):
		return fmt.Errorf("message %q: too long, or not fit to be shown", text)
	}
	return nil
}

// event finds the next event of the stream whose data satisfies the line;
// others may stand before it.
func (o *outcome) event(rest string) error {
	events := eventData(o.body)
	var last error
	for i := o.events; i < len(events); i++ {
		if last = inJSON(events[i], rest); last == nil {
			o.events = i + 1
			return nil
		}
	}
	return fmt.Errorf("no such event from number %d of %d on (last: %w)", o.events+1, len(events), last)
}

// eventData takes a stream of our own apart, or one that passed through.
func eventData(body []byte) (out [][]byte) {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(body))
	for line := range strings.Lines(text) {
		if data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data:"); ok {
			out = append(out, []byte(strings.TrimSpace(data)))
		}
	}
	return out
}

// slept checks the waits before retries: "slept 2 = 2s", "slept 1 750ms..1250ms"
// or "slept times 3".
func (o *outcome) slept(rest string) error {
	which, rest, _ := strings.Cut(rest, " ")
	if which == "times" {
		return same(strconv.Itoa(len(o.sleeps)), rest)
	}
	n, err := strconv.Atoi(which)
	if err != nil || n < 1 || n > len(o.sleeps) {
		return fmt.Errorf("%v", o.sleeps)
	}
	low, high, ranged := strings.Cut(strings.TrimPrefix(rest, "= "), "..")
	if !ranged {
		high = low
	}
	from, err := time.ParseDuration(low)
	if err != nil {
		return err
	}
	to, err := time.ParseDuration(high)
	if err == nil && (o.sleeps[n-1] < from || o.sleeps[n-1] > to) {
		err = fmt.Errorf("%v", o.sleeps)
	}
	return err
}

// gone checks how soon after the client left the provider lost its connection.
func (o *outcome) gone(rest string) error {
	limit, err := time.ParseDuration(strings.TrimPrefix(rest, "within "))
	if err != nil || o.left.IsZero() || len(o.calls) == 0 {
		return fmt.Errorf("nobody left (%w)", err)
	}
	select {
	case at := <-o.calls[len(o.calls)-1].gone:
		if d := at.Sub(o.left); d > limit {
			return fmt.Errorf("after %s", d)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("the provider's connection stays open")
	}
}
