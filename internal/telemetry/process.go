package telemetry

import (
	"bytes"
	"os"
	"runtime/metrics"
	"strconv"
)

// process adds what the runtime knows of itself. Reading it stops nothing.
func (m *Metrics) process() {
	for _, r := range []struct{ name, kind, help, source string }{
		{"sluice_goroutines", "gauge", "goroutines", "/sched/goroutines:goroutines"},
		{"sluice_heap_bytes", "gauge", "live and not yet collected objects", "/memory/classes/heap/objects:bytes"},
		{"sluice_gc_cycles_total", "counter", "garbage collections", "/gc/cycles/total:gc-cycles"},
	} {
		m.add(r.name, r.kind, r.help, func(b *page) {
			s := []metrics.Sample{{Name: r.source}}
			metrics.Read(s)
			if s[0].Value.Kind() == metrics.KindUint64 {
				b.line(nil, float64(s[0].Value.Uint64()))
			}
		})
	}
	m.add("process_resident_memory_bytes", "gauge", "resident memory, where the system tells (Linux)", func(b *page) {
		if n, ok := resident(); ok {
			b.line(nil, float64(n))
		}
	})
}

// resident is the second figure of statm, in pages (proc_pid_statm(5)).
func resident() (bytes int64, ok bool) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	return pages(text, os.Getpagesize())
}

func pages(statm []byte, size int) (int64, bool) {
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return n * int64(size), err == nil
}
