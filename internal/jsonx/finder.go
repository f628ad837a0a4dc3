package jsonx

// Finder locates the members of objects that stand inside a text which was
// checked: it looks for nothing that is wrong with them. All objects found share
// the memory for their members. The zero value is ready.
type Finder struct{ members []member }

// Object is a value as Parse has it; ok is false for one that is no object.
func (f *Finder) Object(v Value) (o Object, ok bool) {
	if KindOf(v) != Composite {
		return Object{}, false
	}
	if f.members == nil {
		f.members = make([]member, 0, fewMembers)
	}
	from := len(f.members)
	for i := space(v, 1); i < len(v) && v[i] != '}'; {
		m := member{key: i}
		if m.value = name(v, i); m.value < 0 {
			return Object{}, false
		}
		if m.stop = value(v, m.value); m.stop < 0 {
			return Object{}, false
		}
		m.name = unquote(v[i+1 : text(v, i+1)-1])
		f.members = append(f.members, m)
		i = following(v, m.stop)
	}
	to := len(f.members)
	return Object{raw: v, members: f.members[from:to:to]}, true
}
