package main

import (
	"fmt"
	"strconv"
	"strings"

	"sluice/internal/provider"
)

// quirks lists what is changed for a vendor, each with the reason its file
// gives.
func quirks(b *strings.Builder, p *provider.Provider, n notes) {
	q, lines := p.Quirks, []string(nil)
	add := func(text string, why ...string) {
		if reason := join(why...); reason != "" {
			text += ": " + reason
		}
		lines = append(lines, "- "+text+"\n")
	}
	for _, r := range q.Rename {
		add(fmt.Sprintf("`%s` is sent as `%s`", r.From, r.To), n.quirks["rename"], n.quirks["rename."+r.From])
	}
	if len(q.Drop) > 0 {
		add("left out: "+codes(q.Drop), n.quirks["drop"])
	}
	if len(q.DropInMessages) > 0 {
		add("left out of messages: "+codes(q.DropInMessages), n.quirks["drop_in_messages"])
	}
	for _, c := range q.Clamp {
		add(fmt.Sprintf("`%s` is kept %s", c.Field, span(c)), n.quirks["clamp"], n.quirks["clamp."+c.Field])
	}
	for _, v := range q.Values {
		add(fmt.Sprintf("`%s` `%s` is sent as `%s`", v.Field, v.From, v.To), n.quirks["values"], n.quirks["values."+v.Field])
	}
	if q.DeveloperRole != "" {
		add(fmt.Sprintf("role `developer` is sent as `%s`", q.DeveloperRole), n.quirks["developer_role"])
	}
	for _, name := range q.Reply {
		add("its answers: " + provider.ReplyQuirks[name])
	}
	if len(lines) == 0 {
		return
	}
	b.WriteString("## What is different\n\n" + strings.Join(lines, ""))
	if len(q.Drop)+len(q.DropInMessages)+len(q.Clamp) > 0 {
		b.WriteString("\nThe gateway's answer names the fields that were left out or limited.\n")
	}
}

func span(c provider.Clamp) string {
	number := func(f *float64) string { return strconv.FormatFloat(*f, 'g', -1, 64) }
	switch {
	case c.Min == nil:
		return "at " + number(c.Max) + " at most"
	case c.Max == nil:
		return "at " + number(c.Min) + " at least"
	}
	return "between " + number(c.Min) + " and " + number(c.Max)
}
