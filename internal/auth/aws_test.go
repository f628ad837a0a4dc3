package auth

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sluice/internal/secret"
)

const stsAnswer = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA%d</AccessKeyId><SecretAccessKey>sts+secret/%d</SecretAccessKey><SessionToken>session==</SessionToken><Expiration>2025-01-02T04:04:05Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`

// sts answers as AWS does; a request has to be signed with one of the secrets,
// or hold a web identity.
func (w *world) sts(secrets map[string]string) {
	w.env["AWS_ENDPOINT_URL_STS"] = w.server.URL
	w.answer = func(rw http.ResponseWriter, r *http.Request, form url.Values) {
		if form.Get("Action") == "AssumeRole" && !w.signedBy(r, secrets, form.Encode()) {
			rw.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(rw, `<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match &amp; so on</Message></Error></ErrorResponse>`)
			return
		}
		_, _ = fmt.Fprintf(rw, stsAnswer, len(w.asked), len(w.asked))
	}
}

// signedBy makes the signature again.
func (w *world) signedBy(r *http.Request, secrets map[string]string, body string) bool {
	got := r.Header.Get("Authorization")
	for id, key := range secrets {
		if !strings.Contains(got, "Credential="+id+"/") {
			continue
		}
		again := r.Clone(r.Context())
		k := awsKeys{id: id, secret: secret.New(key), session: secret.New(r.Header.Get("X-Amz-Security-Token"))}
		scope := strings.Split(got, "/")
		sign(again, hexSum([]byte(body)), k, scope[2], scope[3], w.now)
		return again.Header.Get("Authorization") == got
	}
	return false
}

// signer is the id and the service that a request was signed with.
func signer(h http.Header) string {
	_, rest, ok := strings.Cut(h.Get("Authorization"), "Credential=")
	if !ok {
		return h.Get("Authorization") + h.Get("X-Api-Key")
	}
	parts := strings.Split(rest, "/")
	return parts[0] + " " + parts[2] + " " + parts[3] + " " + h.Get("X-Amz-Security-Token")
}

func TestAWS(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/path/Caller"
	keys := []string{"aws_access_key_id", "AKIDEXAMPLE", "aws_secret_access_key", "sss-secret"}
	with := func(more ...string) []string { return append(append([]string{}, keys...), more...) }
	env := func(w *world) {
		w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"] = "AKIAENV", "env-secret"
	}
	for _, c := range []struct {
		name, vendor, key string
		settings          []string
		reach             Reach
		set               func(*world)
		host              string
		want              string // the signer; empty: refused
		status            int
		says, param       string
	}{
		{name: "keys", vendor: "bedrock", settings: keys, want: "AKIDEXAMPLE eu-west-1 bedrock "},
		{name: "session", vendor: "bedrock", settings: with("aws_session_token", "sss-session"), want: "AKIDEXAMPLE eu-west-1 bedrock sss-session"},
		{name: "another service", vendor: "bedrock", settings: with("aws_service", "s3"), want: "AKIDEXAMPLE eu-west-1 s3 "},
		{name: "mantle", vendor: "bedrock-mantle", settings: keys, want: "AKIDEXAMPLE eu-west-1 bedrock-mantle "},
		{name: "sagemaker", vendor: "sagemaker", settings: keys, want: "AKIDEXAMPLE eu-west-1 sagemaker "},
		{name: "polly", vendor: "aws-polly", settings: keys, want: "AKIDEXAMPLE eu-west-1 polly "},
		{name: "claude platform", vendor: "anthropic-aws", settings: keys, want: "AKIDEXAMPLE eu-west-1 aws-external-anthropic "},
		{name: "keys beside a bearer", vendor: "bedrock", key: "kkkk", settings: keys, want: "AKIDEXAMPLE eu-west-1 bedrock "},
		{name: "a bearer", vendor: "bedrock", key: "kkkk", want: "Bearer kkkk"},
		{name: "an api key", vendor: "anthropic-aws", key: "kkkk", want: "kkkk"},
		{name: "apiKey", vendor: "bedrock", key: "kkkk", settings: with("aws_auth_type", "apiKey"), want: "Bearer kkkk"},
		{name: "apiKey without", vendor: "bedrock", settings: with("aws_auth_type", "apiKey"), status: 401, says: "aws_auth_type is apiKey", param: "authorization"},
		{name: "no secret", vendor: "bedrock", settings: keys[:2], status: 400, says: "bedrock also needs x-portkey-aws-secret-access-key (aws_secret_access_key in a config)", param: "x-portkey-aws-secret-access-key"},
		{name: "no id", vendor: "bedrock", settings: keys[2:], status: 400, says: "bedrock also needs x-portkey-aws-access-key-id", param: "x-portkey-aws-access-key-id"},
		{name: "session alone", vendor: "bedrock", settings: []string{"aws_session_token", "sss-session"}, status: 400, says: "also needs", param: "x-portkey-aws-access-key-id"},
		{name: "odd id", vendor: "bedrock", settings: []string{"aws_access_key_id", "a/b", "aws_secret_access_key", "sss-secret"}, status: 400, says: "is not the id of an access key", param: "x-portkey-aws-access-key-id"},
		{name: "odd session", vendor: "bedrock", settings: with("aws_session_token", "sss\r\nsession"), status: 400, says: "is not a token", param: "x-portkey-aws-session-token"},
		{name: "odd service", vendor: "bedrock", settings: with("aws_service", "a/b"), status: 400, says: "is not the name of a service", param: "x-portkey-aws-service"},
		{name: "odd role", vendor: "bedrock", settings: with("aws_role_arn", "role"), status: 400, says: "is not the ARN of a role", param: "x-portkey-aws-role-arn"},
		{name: "assumedRole without", vendor: "bedrock", settings: with("aws_auth_type", "assumedRole"), status: 400, says: "also needs x-portkey-aws-role-arn", param: "x-portkey-aws-role-arn"},
		{name: "nothing", vendor: "bedrock", status: 401, says: "no credentials for bedrock: send x-portkey-aws-access-key-id", param: "authorization"},
		{name: "nothing, not even of ours", vendor: "bedrock", set: env, status: 401, says: "no credentials for bedrock"},

		{name: "role", vendor: "bedrock", settings: with("aws_role_arn", role, "aws_external_id", "ext-id"), set: func(w *world) { w.sts(map[string]string{"AKIDEXAMPLE": "sss-secret"}) }, want: "ASIA1 eu-west-1 bedrock session=="},
		{name: "role refused", vendor: "bedrock", settings: with("aws_role_arn", role), set: func(w *world) { w.sts(nil) }, status: 401, says: "the token service of bedrock refused x-portkey-aws-role-arn (aws_role_arn in a config): SignatureDoesNotMatch: The request signature we calculated does not match & so on", param: "x-portkey-aws-role-arn"},
		{name: "role of ours, not allowed", vendor: "bedrock", settings: []string{"aws_role_arn", role}, set: env, status: 400, says: "which its operator has not allowed for bedrock", param: "x-portkey-aws-role-arn"},
		{name: "role of ours, to a stranger", vendor: "bedrock", settings: []string{"aws_role_arn", role}, reach: Machine, host: "https://evil.example", set: env, status: 400, says: "not sent to a custom host", param: "x-portkey-aws-role-arn"},
		{name: "role of ours", vendor: "bedrock", settings: []string{"aws_role_arn", role}, reach: Local, set: func(w *world) { env(w); w.sts(map[string]string{"AKIAENV": "env-secret"}) }, want: "ASIA1 eu-west-1 bedrock session=="},
		{name: "two roles", vendor: "bedrock", settings: []string{"aws_role_arn", role}, reach: Local, set: func(w *world) {
			env(w)
			w.env["AWS_ASSUME_ROLE_SOURCE_ARN"] = "arn:aws:iam::123456789012:role/Source"
			w.sts(map[string]string{"AKIAENV": "env-secret", "ASIA1": "sts+secret/1"})
		}, want: "ASIA2 eu-west-1 bedrock session=="},

		{name: "environment", vendor: "bedrock", reach: Local, set: env, want: "AKIAENV eu-west-1 bedrock "},
		{name: "environment, to a stranger", vendor: "bedrock", reach: Machine, set: env, host: "https://evil.example", status: 401, says: "no credentials"},
		{name: "shared file", vendor: "bedrock", reach: Local, set: func(w *world) {
			w.env["HOME"], w.env["AWS_PROFILE"] = "/h", "work"
			w.files["/h/.aws/credentials"] = "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key=x\n\n[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = y=\n"
		}, want: "AKIAWORK eu-west-1 bedrock "},
		{name: "web identity", vendor: "bedrock", reach: Local, set: func(w *world) {
			w.env["AWS_WEB_IDENTITY_TOKEN_FILE"], w.env["AWS_ROLE_ARN"], w.files["/jwt"] = "/jwt", role, "eyJ.web.identity\n"
			w.sts(nil)
		}, want: "ASIA1 eu-west-1 bedrock session=="},
		{name: "container", vendor: "bedrock", reach: Machine, set: func(w *world) {
			w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], w.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"], w.trusts = w.server.URL+"/creds", "ctoken", ""
			w.metadata("ctoken")
		}, want: "ASIAMETA eu-west-1 bedrock meta-session"},
		{name: "instance", vendor: "bedrock", reach: Machine, set: func(w *world) {
			w.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"], w.trusts = w.server.URL, ""
			w.metadata("")
		}, want: "ASIAMETA eu-west-1 bedrock meta-session"},
		{name: "instance, not allowed", vendor: "bedrock", reach: Local, set: func(w *world) {
			w.env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = w.server.URL
			w.metadata("")
		}, status: 401, says: "no credentials"},
		{name: "instance, switched off", vendor: "bedrock", reach: Machine, set: func(w *world) { w.env["AWS_EC2_METADATA_DISABLED"] = "true" }, status: 401, says: "no credentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.reach = c.reach
			if c.set != nil {
				c.set(w)
			}
			to := target(t, c.vendor, c.key, c.settings...)
			to.Vars, to.CustomHost = map[string]string{"aws_region": "eu-west-1"}, c.host
			a := w.authority()
			h, err := authorize(t, a, to)
			if c.want != "" {
				if err != nil || signer(h) != c.want {
					t.Fatalf("%q, %v", signer(h), err)
				}
				before := len(w.asked)
				if h, err := authorize(t, a, to); err != nil || signer(h) != c.want || len(w.asked) != before {
					t.Errorf("again: %q, %v, %d exchanges more", signer(h), err, len(w.asked)-before)
				}
				return
			}
			e := fault(t, err)
			if e.Status != c.status || !strings.Contains(e.Message, c.says) || c.param != "" && e.Param != c.param || h.Get("Authorization") != "" {
				t.Errorf("%d %q: %s", e.Status, e.Param, e.Message)
			}
			discreet(t, e.Message, to)
		})
	}
}

// metadata plays the services that know a machine.
func (w *world) metadata(token string) {
	w.answer = func(rw http.ResponseWriter, r *http.Request, _ url.Values) {
		switch {
		case token != "" && r.Header.Get("Authorization") != token, token == "" && r.URL.Path != "/latest/api/token" && r.Header.Get("X-Aws-Ec2-Metadata-Token") != "imds":
			rw.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" && r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "":
			_, _ = fmt.Fprint(rw, "imds")
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/":
			_, _ = fmt.Fprint(rw, "my-role\n")
		case r.URL.Path == "/creds", r.URL.Path == "/latest/meta-data/iam/security-credentials/my-role":
			_, _ = fmt.Fprintf(rw, `{"Code":"Success","AccessKeyId":"ASIAMETA","SecretAccessKey":"meta-secret","Token":"meta-session","Expiration":%q}`, w.now.Add(time.Hour).Format(time.RFC3339))
		default:
			rw.WriteHeader(http.StatusNotFound)
		}
	}
}

// TestAssumeRoleAsks for the role in the way of the query API.
func TestAssumeRoleAsks(t *testing.T) {
	w := newWorld(t)
	w.sts(map[string]string{"AKIDEXAMPLE": "sss-secret"})
	to := target(t, "bedrock", "", "aws_access_key_id", "AKIDEXAMPLE", "aws_secret_access_key", "sss-secret", "aws_role_arn", "arn:aws:iam::123456789012:role/R", "aws_external_id", "ext-id")
	if _, err := authorize(t, w.authority(), to); err != nil {
		t.Fatal(err)
	}
	if got := w.forms[0].Encode(); got != "Action=AssumeRole&ExternalId=ext-id&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FR&RoleSessionName=sluice&Version=2011-06-15" {
		t.Error(got)
	}
}

// TestSTSOfTheRegion: China has domains of its own.
func TestSTSOfTheRegion(t *testing.T) {
	a := newWorld(t).authority()
	for region, want := range map[string]string{"eu-west-1": "https://sts.eu-west-1.amazonaws.com/", "cn-north-1": "https://sts.cn-north-1.amazonaws.com.cn/"} {
		if got := a.sts(region); got != want {
			t.Errorf("%s: %s", region, got)
		}
	}
}

// TestStreamedBodies are signed for S3 only, which does not ask for their hash.
func TestStreamedBodies(t *testing.T) {
	a := newWorld(t).authority()
	to := target(t, "bedrock", "", "aws_access_key_id", "AK", "aws_secret_access_key", "sss-secret")
	req := outgoing(t, "https://bucket.s3.us-east-1.amazonaws.com/key")
	if e := fault(t, a.Authorize(req, nil, true, to)); e.Status != 501 || req.Header.Get("Authorization") != "" {
		t.Errorf("%+v", e)
	}
	to.Settings["aws_service"] = secret.New("s3")
	if err := a.Authorize(req, nil, true, to); err != nil || req.Header.Get("X-Amz-Content-Sha256") != "UNSIGNED-PAYLOAD" || !strings.Contains(signer(req.Header), " s3 ") {
		t.Errorf("%v %v", err, req.Header)
	}
}
