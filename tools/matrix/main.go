// Command matrix prints what becomes of conversations between clients of each
// dialect and providers of each: the fixtures of the dialects and the
// conversations of internal/dialect/all/testdata. It is TestMatrix for readers,
// and fails where that fails.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"sluice/internal/dialect/all"
	"sluice/internal/dialect/dialecttest"
)

func main() {
	cells, err := dialecttest.Matrix("internal/dialect", all.Chats(), all.Find)
	if err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(2)
	}
	if !show(os.Stdout, cells) {
		os.Exit(1)
	}
}

// show prints the table, what is lost and what failed, and reports whether
// nothing did.
func show(to io.Writer, cells []dialecttest.Cell) (ok bool) {
	ok = true
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "client\tprovider\tplain\tstreamed\trefused\tkinds of losses")
	for _, c := range cells {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\n", c.Client, c.Provider, tally(c.Plain), tally(c.Streamed), c.Refused, len(c.Lost))
	}
	_ = w.Flush()
	for _, c := range cells {
		if len(c.Lost) > 0 {
			_, _ = fmt.Fprintf(to, "\n%s to %s loses\n  %s\n", c.Client, c.Provider, losses(c.Lost))
		}
	}
	for _, c := range cells {
		for _, fault := range c.Faults {
			ok = false
			_, _ = fmt.Fprintf(to, "\nFAIL %s to %s: %s\n", c.Client, c.Provider, fault)
		}
	}
	return ok
}

func tally(t dialecttest.Tally) string {
	if t.Failed > 0 {
		return fmt.Sprintf("%d of %d FAIL", t.Failed, t.Passed+t.Failed)
	}
	return fmt.Sprintf("%d pass", t.Passed)
}

func losses(lost map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if n := lost[name]; n > 1 {
			name = fmt.Sprintf("%s (%d)", name, n)
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
