package dialecttest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// names are the values that a conversation gave names to: a text "$x" in what
// is wanted stands for any text, everywhere the same, and another than that of
// every other name.
type names map[string]string

func (n names) match(name, got string) error {
	if was, known := n[name]; known && was != got {
		return fmt.Errorf("%s was %q and is %q now", name, was, got)
	}
	for other, value := range n {
		if other != name && value == got {
			return fmt.Errorf("%s and %s are both %q", name, other, got)
		}
	}
	if got == "" {
		return fmt.Errorf("%s is empty", name)
	}
	n[name] = got
	return nil
}

// fill puts the values in for their names.
func (n names) fill(body []byte) []byte {
	text := string(body)
	for name, value := range n {
		text = strings.ReplaceAll(text, `"`+name+`"`, `"`+value+`"`)
	}
	return []byte(text)
}

// match compares decoded JSON with what is wanted, member by member. Whole
// means that nothing may be there that is not wanted; else only lists must be
// complete. A null that is wanted may be absent.
func match(want, got any, at string, whole bool, n names) error {
	switch w := want.(type) {
	case string:
		g, ok := got.(string)
		if ok && strings.HasPrefix(w, "$") {
			return n.match(w, g)
		}
		if w != got {
			return fmt.Errorf("%s is %#v, want %q", at, got, w)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s is %v, want %d elements", at, got, len(w))
		}
		for i := range w {
			if err := match(w[i], g[i], fmt.Sprintf("%s[%d]", at, i), whole, n); err != nil {
				return err
			}
		}
	case map[string]any:
		return matchMembers(w, got, at, whole, n)
	default:
		if !reflect.DeepEqual(want, got) {
			return fmt.Errorf("%s is %#v, want %v", at, got, want)
		}
	}
	return nil
}

func matchMembers(want map[string]any, got any, at string, whole bool, n names) error {
	g, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is %#v, want an object", at, got)
	}
	all := make([]string, 0, len(want)+len(g))
	for name := range want {
		all = append(all, name)
	}
	for name := range g {
		if _, wanted := want[name]; !wanted {
			all = append(all, name)
		}
	}
	slices.Sort(all) // failures and names do not depend on chance
	for _, name := range all {
		w, wanted := want[name]
		v, there := g[name]
		switch {
		case !wanted && whole:
			return fmt.Errorf("%s.%s is %#v and not wanted", at, name, v)
		case !wanted, w == nil && v == nil:
		case !there:
			return fmt.Errorf("%s.%s is missing", at, name)
		default:
			if err := match(w, v, at+"."+name, whole, n); err != nil {
				return err
			}
		}
	}
	return nil
}
