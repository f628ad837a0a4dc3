package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sluice/internal/secret"
)

// awsKeys are what requests to AWS are signed with.
type awsKeys struct {
	id      string
	secret  secret.String
	session secret.String // of temporary keys
}

// unsigned stands for the hash of a body that is not known yet. Only S3 takes it.
const unsigned = "UNSIGNED-PAYLOAD"

const timeForm = "20060102T150405Z"

// s3 is signed otherwise: its paths are encoded once, and it wants the hash of
// the body in a header.
const s3 = "s3"

// sign writes the headers of AWS Signature Version 4 (AWS reference, "Create a
// signed AWS API request"; wire formats, §5.2). payload is the hex SHA-256 of
// the body.
func sign(req *http.Request, payload string, k awsKeys, region, service string, at time.Time) {
	h := req.Header
	h.Del("Authorization")
	h.Set("X-Amz-Date", at.UTC().Format(timeForm))
	if !k.session.Empty() {
		h.Set("X-Amz-Security-Token", k.session.Reveal())
	}
	if service == s3 {
		h.Set("X-Amz-Content-Sha256", payload)
	}
	date := at.UTC().Format("20060102")
	scope := date + "/" + region + "/" + service + "/aws4_request"
	request, names := canonical(req, payload, service)
	toSign := "AWS4-HMAC-SHA256\n" + at.UTC().Format(timeForm) + "\n" + scope + "\n" + hexSum([]byte(request))
	key := []byte("AWS4" + k.secret.Reveal())
	for _, part := range []string{date, region, service, "aws4_request", toSign} {
		key = mac(key, part)
	}
	h.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+k.id+"/"+scope+", SignedHeaders="+names+", Signature="+hex.EncodeToString(key))
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonical is the request in the one spelling both sides hash.
func canonical(req *http.Request, payload, service string) (text, names string) {
	lines, names := canonicalHeaders(req)
	return strings.Join([]string{
		req.Method, canonicalPath(req.URL, service), canonicalQuery(req.URL.RawQuery), lines, names, payload,
	}, "\n"), names
}

// canonicalPath encodes what is on the wire once more; S3 takes it as it is.
func canonicalPath(u *url.URL, service string) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	if service == s3 {
		return path
	}
	var out []string
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		switch part {
		case "", ".": // RFC 3986 normal form: the reference removes them
		case "..":
			out = out[:max(len(out)-1, 0)]
		default:
			out = append(out, escape(part))
		}
	}
	clean := "/" + strings.Join(out, "/")
	if strings.HasSuffix(path, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// canonicalQuery sorts the parameters by their encoded names, then values.
func canonicalQuery(raw string) string {
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{recode(name), recode(value)})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var out strings.Builder
	for i, p := range pairs {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(p.name + "=" + p.value)
	}
	return out.String()
}

func recode(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		text = plain
	}
	return escape(text)
}

const upperHex = "0123456789ABCDEF"

// escape encodes all but the unreserved characters of RFC 3986.
func escape(text string) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		out.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
	}
	return out.String()
}

// canonicalHeaders signs the host, the content type and every header of AWS.
// Others may change on the way.
func canonicalHeaders(req *http.Request) (lines, names string) {
	values := map[string]string{"host": req.Host}
	if req.Host == "" {
		values["host"] = req.URL.Host
	}
	signed := []string{"host"}
	for name, v := range req.Header {
		name = strings.ToLower(name)
		if name != "content-type" && !strings.HasPrefix(name, "x-amz-") && !strings.HasPrefix(name, "x-amzn-") {
			continue
		}
		trimmed := make([]string, len(v))
		for i := range v {
			trimmed[i] = strings.Join(strings.Fields(v[i]), " ")
		}
		values[name] = strings.Join(trimmed, ",")
		signed = append(signed, name)
	}
	slices.Sort(signed)
	var out strings.Builder
	for _, name := range signed {
		out.WriteString(name + ":" + values[name] + "\n")
	}
	return out.String(), strings.Join(signed, ";")
}
