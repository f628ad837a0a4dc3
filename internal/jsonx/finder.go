package jsonx

// Finder locates the members of objects that stand inside a text which was
// checked: it looks for nothing that is wrong with them. All objects found share
// the memory for their members. The zero value is ready.
type Finder struct{ members []member }

// Reset makes the memory free for other objects: nobody may use those that were
// found so far.
func (f *Finder) Reset() {
	clear(f.members)
	if f.members = f.members[:0]; cap(f.members) > manyMembers {
		f.members = nil
	}
}

// found is the object of the members from an index on.
func (f *Finder) found(text []byte, from int) Object {
	to := len(f.members)
	return Object{raw: text, members: f.members[from:to:to]}
}

// Object is a value as Parse has it; ok is false for one that is no object.
func (f *Finder) Object(v Value) (o Object, ok bool) {
	if KindOf(v) != Composite || len(v) > maxText {
		return Object{}, false
	}
	if f.members == nil {
		f.members = make([]member, 0, min(2*fewMembers, 1+len(v)/fewBytes))
	}
	from := len(f.members)
	for i := space(v, 1); i < len(v) && v[i] != '}'; {
		if v[i] != '"' {
			return Object{}, false
		}
		behind, met := textOf(v, i+1)
		start := colon(v, behind)
		if start < 0 {
			return Object{}, false
		}
		stop := value(v, start)
		if stop < 0 {
			return Object{}, false
		}
		m := member{name: v[i+1 : behind-1], key: int32(i), value: int32(start), stop: int32(stop)}
		if met&escaped != 0 {
			m.name = unquote(m.name)
		}
		f.members = append(f.members, m)
		i = following(v, stop)
	}
	return f.found(v, from), true
}
