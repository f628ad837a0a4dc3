package auth

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/secret"
)

// The keys of AWS's own examples.
var example = awsKeys{id: "AKIDEXAMPLE", secret: secret.New("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")}

func signed(t *testing.T, method, to, body, region, service, at string, k awsKeys, header ...string) *http.Request {
	t.Helper()
	when, err := time.Parse(timeForm, at)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	sign(req, hexSum([]byte(body)), k, region, service, when)
	return req
}

// TestSignature holds published signatures: AWS's documentation ("Create a
// signed AWS API request", ListUsers), its test suite for signers
// (aws-sig-v4-test-suite, by name), and one of Bedrock with an escaped model.
func TestSignature(t *testing.T) {
	const day, host = "20150830T123600Z", "https://example.amazonaws.com"
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for _, c := range []struct {
		name, method, url, body, region, service, at string
		header                                       []string
		names, want                                  string
	}{
		{"ListUsers", "GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", "", "us-east-1", "iam", day, []string{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
		{"bedrock", "POST", "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse", `{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`, "us-east-1", "bedrock", "20250102T030405Z", []string{"Content-Type", "application/json"}, "content-type;host;x-amz-date", "5549a51822c8242c092f4205cccbfe4dd97c863b17292e8fd7e6559debc1e757"},
		{"get-vanilla", "GET", host + "/", "", "us-east-1", "service", day, nil, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"no path", "GET", host, "", "us-east-1", "service", day, nil, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-slashes", "GET", host + "//", "", "us-east-1", "service", day, nil, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-slash-dot-slash", "GET", host + "/./", "", "us-east-1", "service", day, nil, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-relative", "GET", host + "/example/..", "", "us-east-1", "service", day, nil, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"post-vanilla", "POST", host + "/", "", "us-east-1", "service", day, nil, "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"get-vanilla-query-order-key-case", "GET", host + "/?Param2=value2&Param1=value1", "", "us-east-1", "service", day, nil, "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"get-vanilla-empty-query-key", "GET", host + "/?Param1=value1", "", "us-east-1", "service", day, nil, "host;x-amz-date", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		{"post-x-www-form-urlencoded", "POST", host + "/", "Param1=value1", "us-east-1", "service", day, form, "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := signed(t, c.method, c.url, c.body, c.region, c.service, c.at, example, c.header...).Header.Get("Authorization")
			want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + c.at[:8] + "/" + c.region + "/" + c.service + "/aws4_request, SignedHeaders=" + c.names + ", Signature=" + c.want
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCanonical is the request in the shapes the suite asks about.
func TestCanonical(t *testing.T) {
	k := example
	k.session = secret.New("SESSION")
	for _, c := range []struct {
		name, url, service string
		header             []string
		want               []string // path, query, headers
	}{
		{"double encoding", "https://h.test/a%2Fb/c%3A0/%20x/~y", "bedrock", nil, []string{"/a%252Fb/c%253A0/%2520x/~y", "", "host:h.test\nx-amz-date:20250102T030405Z\nx-amz-security-token:SESSION\n"}},
		{"s3 encodes once and names the hash", "https://h.test/a%2Fb//c%3A0", "s3", nil, []string{"/a%2Fb//c%3A0", "", "host:h.test\nx-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nx-amz-date:20250102T030405Z\nx-amz-security-token:SESSION\n"}},
		{"query", "https://h.test:8443/?b=2&a=%20+/&b=1&a&%C3%A9=~", "bedrock", nil, []string{"/", "%C3%A9=~&a=&a=%20%20%2F&b=1&b=2", "host:h.test:8443\nx-amz-date:20250102T030405Z\nx-amz-security-token:SESSION\n"}},
		{
			"headers",
			"https://h.test/p/", "sagemaker",
			[]string{"X-Amzn-SageMaker-Target-Model", "  a   b ", "User-Agent", "x", "Content-Type", "text/plain", "X-Amz-Meta", "one", "X-Amz-Meta", "two"},
			[]string{"/p/", "", "content-type:text/plain\nhost:h.test\nx-amz-date:20250102T030405Z\nx-amz-meta:one,two\nx-amz-security-token:SESSION\nx-amzn-sagemaker-target-model:a b\n"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := signed(t, "POST", c.url, "", "eu-west-1", c.service, "20250102T030405Z", k, c.header...)
			h := req.Header.Clone()
			req.Header.Del("Authorization")
			text, names := canonical(req, hexSum(nil), c.service)
			parts := strings.SplitN(text, "\n", 4)
			got := []string{parts[1], parts[2], strings.TrimSuffix(parts[3], "\n"+names+"\n"+hexSum(nil))}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(h.Get("Authorization"), "SignedHeaders="+names+",") {
				t.Error(h.Get("Authorization"))
			}
		})
	}
}
