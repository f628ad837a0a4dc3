package provider

import (
	"net/url"
	"regexp"
	"strings"
)

// A variable is {name}. {+model} is the model with its slashes kept, each part
// escaped on its own (the reserved expansion of RFC 6570).
var variable = regexp.MustCompile(`\{\+?[a-z0-9_]+\}`)

// Labels pasted into host names (security rules, S13).
var label = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)

// fill replaces the variables of a URL. What stands behind a question mark is
// escaped for a query, everything else for a path; names inside a host were
// checked to need no escaping.
func (p *Provider) fill(template string, vars map[string]string, model string) (string, error) {
	if !strings.Contains(template, "{") {
		return template, nil
	}
	var out strings.Builder
	last, query := 0, strings.IndexByte(template, '?')
	for _, at := range variable.FindAllStringIndex(template, -1) {
		out.WriteString(template[last:at[0]])
		last = at[1]
		value, err := p.value(template[at[0]+1:at[1]-1], vars, model)
		if err != nil {
			return "", err
		}
		if query >= 0 && at[0] > query {
			value = url.QueryEscape(value)
		} else {
			value = escapeSegments(value, template[at[0]+1] == '+')
		}
		out.WriteString(value)
	}
	out.WriteString(template[last:])
	return out.String(), nil
}

// plain replaces the variables of a text that is no address.
func (p *Provider) plain(template string, vars map[string]string) (string, error) {
	var failed error
	text := variable.ReplaceAllStringFunc(template, func(name string) string {
		value, err := p.value(name[1:len(name)-1], vars, "")
		if err != nil {
			failed = err
		}
		return value
	})
	return text, failed
}

// escapeSegments escapes a value for a path. As one segment it loses its colons
// too: url.PathEscape leaves them, and AWS's own clients, whose ids of models have
// them, do not (wire formats, Bedrock, hosts and paths).
func escapeSegments(value string, many bool) string {
	if !many {
		return strings.ReplaceAll(url.PathEscape(value), ":", "%3A")
	}
	parts := strings.Split(value, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

// value is the checked, unescaped value of one variable.
func (p *Provider) value(name string, vars map[string]string, model string) (string, error) {
	switch name {
	case "model":
		if plain, err := url.PathUnescape(model); err == nil { // some clients escape it themselves
			model = plain
		}
		return model, p.checkSegment("model", model)
	case "+model":
		for part := range strings.SplitSeq(model, "/") {
			if err := p.checkSegment("model", part); err != nil {
				return "", err
			}
		}
		return model, nil
	}
	v := p.Vars[name]
	given := vars[name]
	if given == "" {
		given = v.Default
	}
	if given == "" {
		return "", invalid(v.Header, p.ID+" needs "+v.Header)
	}
	return given, p.checkVar(v, given)
}

func (p *Provider) checkVar(v Var, value string) error {
	switch v.Kind {
	case SegmentVar:
		return p.checkSegment(v.Header, value)
	case HostVar:
		for _, suffix := range v.Suffixes {
			if strings.HasSuffix(value, suffix) && labels(strings.TrimSuffix(value, suffix)) {
				return nil
			}
		}
		return invalid(v.Header, v.Header+" must be a host name ending in "+strings.Join(v.Suffixes, " or "))
	case LabelsVar:
		if labels(value) {
			return nil
		}
	default:
		if label.MatchString(value) {
			return nil
		}
	}
	return invalid(v.Header, v.Header+" may hold only letters, digits and hyphens, at most 63")
}

func labels(value string) bool {
	for part := range strings.SplitSeq(value, ".") {
		if !label.MatchString(part) {
			return false
		}
	}
	return len(value) <= 253
}

func (p *Provider) checkSegment(param, value string) error {
	switch {
	case value == "":
		return invalid(param, p.ID+" needs a "+param+" in its address")
	case value == "." || value == ".." || hasControl(value):
		return invalid(param, param+" must not be . or .. or hold control characters")
	case len(value) > 512:
		return invalid(param, param+" must be at most 512 bytes")
	}
	return nil
}
