package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

var ocidForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,255}$`)

// oci signs a request the way Oracle wants it (Oracle, "Request Signatures";
// draft-cavage-http-signatures-08; wire formats, §18.1). A key without these
// settings is sent as it is.
func (k *ask) oci() error {
	who, given, err := k.all("oracle_tenancy", "oracle_user", "oracle_fingerprint", "oracle_private_key")
	switch {
	case err != nil:
		return err
	case !given && k.Key.Empty():
		return k.missing("send x-portkey-oracle-tenancy, -user, -fingerprint and -private-key (oracle_tenancy … in a config), or a key as Authorization: Bearer")
	case !given:
		return k.asIs()
	case k.streamed:
		return k.unsignable()
	}
	for i, name := range []string{"oracle_tenancy", "oracle_user", "oracle_fingerprint"} {
		if !ocidForm.MatchString(who[i]) {
			return k.bad(name, "holds characters that it cannot have")
		}
	}
	key, err := k.a.keys.rsa(who[3], k.said("oracle_key_passphrase"))
	if err != nil {
		return k.bad("oracle_private_key", err.Error())
	}
	text, names := k.ociText()
	sig, err := signRS256(key, text)
	if err != nil {
		return k.bad("oracle_private_key", "cannot sign: it is too short")
	}
	return k.set("Authorization", `Signature version="1",keyId="`+strings.Join(who[:3], "/")+`",algorithm="rsa-sha256",headers="`+names+
		`",signature="`+base64.StdEncoding.EncodeToString(sig)+`"`, "oracle_private_key")
}

// ociText is what is signed: the date, the request line and the host, and of a
// request with a body what describes it.
func (k *ask) ociText() (text, names string) {
	h := k.req.Header
	h.Set("Date", k.a.now().UTC().Format(http.TimeFormat))
	signed := []string{"date", "(request-target)", "host"}
	values := map[string]string{
		"date": h.Get("Date"), "host": k.req.Host,
		"(request-target)": strings.ToLower(k.req.Method) + " " + k.req.URL.RequestURI(),
	}
	if k.body != nil || k.req.Method == http.MethodPost || k.req.Method == http.MethodPut {
		sum := sha256.Sum256(k.body)
		h.Set("X-Content-Sha256", base64.StdEncoding.EncodeToString(sum[:]))
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "application/json")
		}
		values["content-length"] = strconv.Itoa(len(k.body))
		values["content-type"], values["x-content-sha256"] = h.Get("Content-Type"), h.Get("X-Content-Sha256")
		signed = append(signed, "content-length", "content-type", "x-content-sha256")
	}
	lines := make([]string, len(signed))
	for i, name := range signed {
		lines[i] = name + ": " + values[name]
	}
	return strings.Join(lines, "\n"), strings.Join(signed, " ")
}
