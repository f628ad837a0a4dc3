package server

// Route is a line of the route table, for tests that walk it.
type Route struct {
	Methods, Path string
	Public        bool
}

// Routes is the whole table.
func Routes() (out []Route) {
	for _, r := range table {
		out = append(out, Route{r.methods, r.path, r.access == public})
	}
	return out
}

// Known are the methods there are.
var Known = known

// Classed panics for a rule without an access class.
func Classed(path string) { classed([]rule{{path: path}}) }
