package jsonx

// Within edits a member that is an object, if it is one.
func (o *Object) Within(name string, edit func(*Object)) {
	inner, err := Parse(o.Get(name))
	if err != nil {
		return
	}
	if edit(&inner); inner.Edited() {
		o.Set(name, inner.Bytes())
	}
}

// Each edits the objects of a member that is an array, and counts its elements.
func (o *Object) Each(name string, edit func(int, *Object)) (n int) {
	list := o.Get(name)
	out, edited := Value{'['}, false
	for v := range Elements(list) {
		if n > 0 {
			out = append(out, ',')
		}
		if inner, err := Parse(v); err == nil {
			edit(n, &inner)
			edited = edited || inner.Edited()
			v = inner.Bytes()
		}
		out = append(out, v...)
		n++
	}
	if edited {
		o.Set(name, append(out, ']'))
	}
	return n
}
