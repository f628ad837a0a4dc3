package provider

import "sluice/internal/llm"

// Provider is one vendor of the catalogue. It is never changed once it is in
// one.
type Provider struct {
	ID      string
	Aliases []string
	Title   string
	Docs    string // the vendor's own API documentation
	Status  string // "", Legacy or Dead

	BaseURL    string // may hold {variables}; empty when a custom host is required
	CustomHost bool   // has no address of its own: the caller must say where it is
	HostHeader string // a header of its own that says it, beside x-portkey-custom-host
	Local      bool   // BaseURL is on the user's own machine

	Auth     Auth
	Ops      map[llm.Op]Endpoint
	Also     map[string]string // chat in other wire formats, for clients that speak them: dialect → path
	Relay    string            // between the base and every path that is not an op
	Paths    map[string]string // relayed paths that live elsewhere than Relay + path
	Vars     map[string]Var    // the {variables} other than {model}
	Headers  []string          // client headers that are passed on
	Send     map[string]string // headers the vendor must get, unless the client says otherwise; may hold {variables}
	Quirks   Quirks
	Private  []Private // members it added to requests
	variants *variants // nil: it is the same for all its models
	Models   []string  // what a vendor without a list of its own is known to serve
}

// The states of a vendor other than active.
const (
	Legacy = "legacy" // still listed, little used
	Dead   = "dead"   // closed; the id stays so that old configs load
)

// Sent is what a header of Send holds, empty where a variable in it is missing or
// cannot be right.
func (p *Provider) Sent(name string, vars map[string]string) string {
	text, err := p.plain(p.Send[name], vars)
	if err != nil {
		return ""
	}
	return text
}

// Endpoint is where one operation lives and which wire format it speaks there.
type Endpoint struct {
	Dialect    string            // empty for the list of models
	Path       string            // behind the base URL, or a whole https URL
	StreamPath string            // the same for a stream, where it differs
	ManyPath   string            // the same for several texts at once, where it differs
	When       map[string]string // other paths for the same bytes, by the client header that asks for them with "true"

	Strip []string // beginnings of a model's name that this operation does not take
}

// Var is a {variable} of a URL that the caller fills in: by header, or in a
// config under the variable's own name.
type Var struct {
	Header   string
	Kind     VarKind
	Default  string   // empty: the caller must give it
	Suffixes []string // what a value of kind HostVar must end with
	Optional bool     // asked for only where its URL is used
	From     string   // setting.member: where it is read from when the caller does not say it
}

// VarKind says what a variable may hold (security rules, S13).
type VarKind string

// The kinds of variables.
const (
	LabelVar   VarKind = "label"   // one DNS label: letters, digits, hyphens
	LabelsVar  VarKind = "labels"  // several, with dots between
	HostVar    VarKind = "host"    // a host name of the vendor
	SegmentVar VarKind = "segment" // anything, escaped to fit one path segment
)
