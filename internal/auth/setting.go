package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strings"

	"sluice/internal/llm"
	"sluice/internal/provider"
	"sluice/internal/secret"
)

// said is the text of a setting, "" when the caller did not say it.
func (k *ask) said(name string) string { return strings.TrimSpace(k.Settings[name].Reveal()) }

// all returns settings that only make sense together. given is false when none
// was said; some, but not all, is an error that names the rest.
func (k *ask) all(names ...string) (values []string, given bool, err error) {
	var missing []string
	for _, name := range names {
		v := k.said(name)
		values = append(values, v)
		if v == "" {
			missing = append(missing, spell(name))
		}
	}
	if len(missing) == len(names) {
		return nil, false, nil
	}
	if len(missing) > 0 {
		return nil, true, k.invalid(field(names, k), k.Provider.ID+" also needs "+strings.Join(missing, " and "))
	}
	return values, true, nil
}

// field is the first of the settings that is missing.
func field(names []string, k *ask) string {
	for _, name := range names {
		if k.said(name) == "" {
			return provider.HeaderName(name)
		}
	}
	return ""
}

// spell names a setting both ways a caller can say it.
func spell(name string) string { return provider.HeaderName(name) + " (" + name + " in a config)" }

// bad blames a setting for its shape. What it holds is not repeated.
func (k *ask) bad(name, what string) *llm.Error {
	for _, s := range k.Provider.Auth.Settings() {
		if s.Name == name {
			return k.invalid(s.Header(), k.Provider.ID+": "+spell(name)+" "+what)
		}
	}
	return k.invalid(name, k.Provider.ID+": "+name+" "+what)
}

func (k *ask) invalid(param, message string) *llm.Error {
	return &llm.Error{Kind: llm.InvalidRequest, Status: http.StatusBadRequest, Param: param, Message: message}
}

// missing says that nobody brought a credential, and what would be one.
func (k *ask) missing(want string) *llm.Error {
	return &llm.Error{
		Kind: llm.MissingKey, Status: http.StatusUnauthorized, Param: "authorization",
		Message: "no credentials for " + k.Provider.ID + ": " + want,
	}
}

// notOurs refuses to use the operator's identity for a caller.
func (k *ask) notOurs(name, what string) *llm.Error {
	e := k.bad(name, "needs "+what+" of the gateway, which its operator has not allowed for "+k.Provider.ID+" (own_credentials)")
	if k.CustomHost != "" {
		e.Message = k.Provider.ID + ": " + spell(name) + " needs " + what + " of the gateway, which is not sent to a custom host"
	}
	return e
}

// reach is how far this request may use the operator's identity.
func (k *ask) reach() Reach { return k.a.Reach(k.Provider, k.CustomHost) }

// secrets are texts that no message may repeat.
func (k *ask) secrets() (out []secret.String) {
	out = append(out, k.Key)
	for _, s := range k.Provider.Auth.Settings() {
		if s.Secret {
			out = append(out, k.Settings[s.Name])
		}
	}
	return out
}

// digest names a credential without telling it.
type digest [sha256.Size]byte

func digestOf(parts ...string) (d digest) {
	h := sha256.New()
	var size [8]byte
	for _, p := range parts { // with lengths, so that no two lists read the same
		binary.BigEndian.PutUint64(size[:], uint64(len(p)))
		h.Write(size[:])
		h.Write([]byte(p))
	}
	h.Sum(d[:0])
	return d
}
