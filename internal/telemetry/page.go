package telemetry

import (
	"slices"
	"strconv"
	"strings"
)

// ContentType is that of what Append writes.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// family is one metric with its series.
type family struct {
	name, kind, help string
	write            func(*page)
}

func (m *Metrics) add(name, kind, help string, write func(*page)) {
	m.families = append(m.families, family{name, kind, help, write})
}

// Gauge adds a figure that is read when it is asked for.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.add(name, "gauge", help, func(b *page) { b.line(nil, read()) })
}

// Counter adds a count that somebody else keeps.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.add(name, "counter", help, func(b *page) { b.line(nil, read()) })
}

// Bounded is something of limited size: how much it holds, how much it can, and
// what it has had to give up or turn away so far (R32).
type Bounded struct {
	Name string
	Unit string // of Held and Limit: entries, bytes
	Read func() (held, limit, lost int64)
}

// Bound adds something that is bounded. It is for the time before the first reader.
func (m *Metrics) Bound(list ...Bounded) { m.bounded = append(m.bounded, list...) }

func (m *Metrics) bounds() {
	each := func(pick func(held, limit, lost int64) int64) func(*page) {
		return func(b *page) {
			for _, o := range m.bounded {
				b.line(label(label(nil, "name", o.Name), "unit", o.Unit), float64(pick(o.Read())))
			}
		}
	}
	m.add("sluice_bounded_held", "gauge", "what each bounded map, queue or pool holds", each(func(held, _, _ int64) int64 { return held }))
	m.add("sluice_bounded_limit", "gauge", "what it can hold", each(func(_, limit, _ int64) int64 { return limit }))
	m.add("sluice_bounded_lost_total", "counter", "what it gave up or turned away for want of room", each(func(_, _, lost int64) int64 { return lost }))
}

// maxTargets bounds the targets that are named at a time; more are summed up.
const maxTargets = 64

// EjectedNow adds the targets that are left out now. visit calls its argument
// for each with the provider's id and the target's place in its config.
func (m *Metrics) EjectedNow(visit func(func(provider, path string))) {
	m.add("sluice_target_ejected", "gauge", "targets that are left out now or wait for their probe", func(b *page) {
		type target struct{ provider, path string }
		now := map[target]int{}
		visit(func(provider, path string) {
			t := target{provider, path}
			if _, known := now[t]; !known && len(now) >= maxTargets {
				t = target{other, other}
			}
			now[t]++
		})
		for t, n := range now {
			b.line(label(label(nil, "provider", t.provider), "target", t.path), float64(n))
		}
	})
}

// page is a text under construction.
type page struct {
	b    []byte
	name string
}

// Append writes all figures behind b.
func (m *Metrics) Append(b []byte) []byte {
	p := &page{b: b}
	for _, f := range m.families {
		p.name = f.name
		p.b = append(p.b, "# HELP "+f.name+" "+f.help+"\n# TYPE "+f.name+" "+f.kind+"\n"...)
		start := len(p.b)
		f.write(p)
		p.sort(start, f.kind)
	}
	return p.b
}

// sort puts series in an order that stays, for people and for tests. Those of a
// histogram have theirs already.
func (p *page) sort(start int, kind string) {
	if kind == "histogram" || len(p.b) == start {
		return
	}
	lines := strings.SplitAfter(string(p.b[start:]), "\n")
	slices.Sort(lines)
	p.b = append(p.b[:start], strings.Join(lines, "")...)
}

func (p *page) line(labels []byte, value float64) { p.part("", labels, value) }

func (p *page) part(suffix string, labels []byte, value float64) {
	p.b = append(append(p.b, p.name...), suffix...)
	if len(labels) > 0 {
		p.b = append(append(append(p.b, '{'), labels...), '}')
	}
	p.b = append(append(append(p.b, ' '), number(value)...), '\n')
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func label(b []byte, name, value string) []byte {
	if len(b) > 0 {
		b = append(b, ',')
	}
	b = append(append(b, name...), '=', '"')
	return append(append(b, escape.Replace(value)...), '"')
}
