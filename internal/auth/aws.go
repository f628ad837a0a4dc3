package auth

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/secret"
)

const awsWant = "send x-portkey-aws-access-key-id and x-portkey-aws-secret-access-key (aws_access_key_id and aws_secret_access_key in a config), or a key as Authorization: Bearer"

var (
	roleForm    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}$`)
	serviceForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	keyIDForm   = regexp.MustCompile(`^[A-Za-z0-9]{1,128}$`)
)

// aws signs, or sends a key as it is: where the caller says so, or where a key
// is all there is (gateway contract, §2.5 and §6.8; wire formats, §5.2).
func (k *ask) aws() error {
	mode := k.said("aws_auth_type")
	switch {
	case mode == "apiKey" && k.Key.Empty():
		return k.missing("aws_auth_type is apiKey: send the key as Authorization: Bearer, or as api_key in a config")
	case mode == "apiKey", !k.Key.Empty() && !k.signs():
		return k.asIs()
	}
	region, err := k.region()
	if err != nil {
		return err
	}
	keys, err := k.awsKeys(mode, region)
	if err != nil {
		return err
	}
	service := k.Provider.Auth.Service
	if other := k.said("aws_service"); other != "" {
		if service = other; !serviceForm.MatchString(other) {
			return k.bad("aws_service", "is not the name of a service")
		}
	}
	payload := unsigned
	switch {
	case !k.streamed:
		payload = hexSum(k.body)
	case service != s3:
		return k.unsignable()
	}
	sign(k.req, payload, keys, region, service, k.a.now())
	return nil
}

// signs reports whether the caller brought anything to sign with.
func (k *ask) signs() bool {
	for _, name := range []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_role_arn"} {
		if k.said(name) != "" {
			return true
		}
	}
	return false
}

func (k *ask) region() (string, error) {
	const name = "aws_region"
	if _, known := k.Provider.Vars[name]; !known {
		return "us-east-1", nil
	}
	return k.Provider.VarValue(name, k.Vars)
}

// awsKeys are the caller's keys, or those of a role; without any, and where
// the operator allows it, the gateway's own.
func (k *ask) awsKeys(mode, region string) (awsKeys, error) {
	keys, given, err := k.givenKeys()
	role := k.said("aws_role_arn")
	switch {
	case err != nil:
		return keys, err
	case mode == "assumedRole" && role == "":
		return keys, k.invalid("x-portkey-aws-role-arn", k.Provider.ID+" also needs "+spell("aws_role_arn")+", as aws_auth_type is assumedRole")
	case role != "" && !roleForm.MatchString(role):
		return keys, k.bad("aws_role_arn", "is not the ARN of a role")
	case role != "":
		return k.role(keys, given, role, region)
	case given:
		return keys, nil
	case k.reach() == Nothing:
		return keys, k.missing(awsWant)
	}
	return k.ownKeys(region)
}

func (k *ask) givenKeys() (keys awsKeys, given bool, err error) {
	values, given, err := k.all("aws_access_key_id", "aws_secret_access_key")
	switch session := k.said("aws_session_token"); {
	case err != nil:
		return keys, true, err
	case !given && session != "":
		return keys, true, k.invalid("x-portkey-aws-access-key-id", k.Provider.ID+" also needs "+spell("aws_access_key_id")+" and "+spell("aws_secret_access_key"))
	case !given:
		return keys, false, nil
	case !keyIDForm.MatchString(values[0]):
		return keys, true, k.bad("aws_access_key_id", "is not the id of an access key")
	default:
		if strings.ContainsFunc(session, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
			return keys, true, k.bad("aws_session_token", "is not a token")
		}
		return awsKeys{id: values[0], secret: secret.New(values[1]), session: secret.New(session)}, true, nil
	}
}

// role assumes a role with the caller's keys or, where the operator allows it,
// with the gateway's own.
func (k *ask) role(keys awsKeys, given bool, role, region string) (awsKeys, error) {
	if !given && k.reach() == Nothing {
		return keys, k.notOurs("aws_role_arn", "the AWS identity")
	}
	external := k.said("aws_external_id")
	sts := k.service("aws_role_arn")
	source := func(context.Context) (awsKeys, error) { return keys, nil }
	id := []string{"role", k.Provider.ID, role, external, region}
	if given {
		id = append(id, keys.id, keys.secret.Reveal(), keys.session.Reveal())
	} else {
		source = k.ownChain(region)
	}
	a := k.a
	g, err := k.grant(digestOf(id...), func(ctx context.Context) (grant, error) {
		from, err := source(ctx)
		if err != nil {
			return grant{}, err
		}
		return a.assume(ctx, sts, from, role, external, region)
	})
	return g.aws, err
}

// assume exchanges keys for those of a role (STS, AssumeRole; query API).
func (a *Authority) assume(ctx context.Context, s *service, from awsKeys, role, external, region string) (grant, error) {
	form := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {role}, "RoleSessionName": {"sluice"}}
	if external != "" {
		form.Set("ExternalId", external)
	}
	body := form.Encode()
	req, err := request(ctx, http.MethodPost, a.sts(region), body, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if err != nil {
		return grant{}, err
	}
	sign(req, hexSum([]byte(body)), from, region, "sts", a.now())
	answer, err := s.send(req)
	if err != nil {
		return grant{}, err
	}
	return s.credentials(inTag(answer, "AccessKeyId"), inTag(answer, "SecretAccessKey"), inTag(answer, "SessionToken"), inTag(answer, "Expiration"))
}

// sts is the service of the region; AWS_ENDPOINT_URL_STS is what AWS's own
// tools read, for private endpoints.
func (a *Authority) sts(region string) string {
	if own := a.getenv("AWS_ENDPOINT_URL_STS"); own != "" {
		return strings.TrimSuffix(own, "/") + "/"
	}
	if strings.HasPrefix(region, "cn-") {
		return "https://sts." + region + ".amazonaws.com.cn/"
	}
	return "https://sts." + region + ".amazonaws.com/"
}

func (s *service) credentials(id, key, session, until string) (grant, error) {
	end, err := time.Parse(time.RFC3339, until)
	if id == "" || key == "" || session == "" || err != nil {
		return grant{}, s.unusable("holds no credentials")
	}
	return grant{aws: awsKeys{id: id, secret: secret.New(key), session: secret.New(session)}, until: end}, nil
}

// credentialsOf reads the JSON of the container and instance services.
func (s *service) credentialsOf(body []byte) (grant, error) {
	if jsonx.Check(body) != nil {
		return grant{}, s.unusable("is not JSON")
	}
	text := func(name string) string { t, _ := jsonx.Text(jsonx.At(body, name)); return t }
	return s.credentials(text("AccessKeyId"), text("SecretAccessKey"), text("Token"), text("Expiration"))
}
