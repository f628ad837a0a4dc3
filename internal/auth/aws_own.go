package auth

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"sluice/internal/secret"
)

// ownKeys are the gateway's own, kept until they end.
func (k *ask) ownKeys(region string) (awsKeys, error) {
	keys, ok, err := k.staticKeys()
	if ok || err != nil {
		return keys, err
	}
	g, err := k.grant(digestOf("own", k.Provider.ID, region), k.ownGrant(region))
	return g.aws, err
}

// ownChain is the source of a role's keys.
func (k *ask) ownChain(region string) func(context.Context) (awsKeys, error) {
	return func(ctx context.Context) (awsKeys, error) {
		if keys, ok, err := k.staticKeys(); ok || err != nil {
			return keys, err
		}
		g, err := k.ownGrant(region)(ctx)
		return g.aws, err
	}
}

// staticKeys are those that do not end by themselves: of the environment, and
// of the shared credentials file. A source role is assumed with them first.
func (k *ask) staticKeys() (awsKeys, bool, error) {
	if k.a.getenv("AWS_ASSUME_ROLE_SOURCE_ARN") != "" {
		return awsKeys{}, false, nil
	}
	keys, ok := k.a.plainKeys()
	return keys, ok, nil
}

func (a *Authority) plainKeys() (awsKeys, bool) {
	env := a.getenv
	if id, key := env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"); id != "" && key != "" {
		return awsKeys{id: id, secret: secret.New(key), session: secret.New(env("AWS_SESSION_TOKEN"))}, true
	}
	if env("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && env("AWS_ROLE_ARN") != "" {
		return awsKeys{}, false // it comes first
	}
	return a.sharedKeys()
}

// sharedKeys reads the profile of the shared credentials file.
func (a *Authority) sharedKeys() (k awsKeys, ok bool) {
	path := a.getenv("AWS_SHARED_CREDENTIALS_FILE")
	if home := a.getenv("HOME"); path == "" && home != "" {
		path = filepath.Join(home, ".aws", "credentials")
	}
	if path == "" {
		return k, false
	}
	text, err := a.readFile(path)
	if err != nil {
		return k, false
	}
	profile, in := "["+cmp.Or(a.getenv("AWS_PROFILE"), "default")+"]", false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = line == profile
		}
		name, value, _ := strings.Cut(line, "=")
		if value = strings.TrimSpace(value); !in {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "aws_access_key_id":
			k.id = value
		case "aws_secret_access_key":
			k.secret = secret.New(value)
		case "aws_session_token":
			k.session = secret.New(value)
		}
	}
	return k, k.id != "" && !k.secret.Empty()
}

// ownGrant is the rest of the chain, in AWS's order: web identity, container,
// instance; then the source role, if the operator names one
// (AWS_ASSUME_ROLE_SOURCE_ARN, as the incumbent).
func (k *ask) ownGrant(region string) fetch {
	a, reach := k.a, k.reach()
	s, machine := k.ours(a.net, a.getenv("AWS_SECRET_ACCESS_KEY"), a.getenv("AWS_SESSION_TOKEN")), k.ours(a.machine)
	missing := k.missing(awsWant)
	return func(ctx context.Context) (grant, error) {
		g, err := a.awsIdentity(ctx, s, machine, reach, region, missing)
		source := a.getenv("AWS_ASSUME_ROLE_SOURCE_ARN")
		if err != nil || source == "" {
			return g, err
		}
		return a.assume(ctx, s, g.aws, source, a.getenv("AWS_ASSUME_ROLE_SOURCE_EXTERNAL_ID"), region)
	}
}

func (a *Authority) awsIdentity(ctx context.Context, s, machine *service, reach Reach, region string, missing error) (grant, error) {
	if keys, ok := a.plainKeys(); ok {
		return grant{aws: keys}, nil
	}
	if file, role := a.getenv("AWS_WEB_IDENTITY_TOKEN_FILE"), a.getenv("AWS_ROLE_ARN"); file != "" && role != "" {
		return a.webIdentity(ctx, s, file, role, region)
	}
	switch {
	case reach < Machine:
		return grant{}, missing
	case a.containerURL() != "":
		return a.containerKeys(ctx, machine)
	case strings.EqualFold(a.getenv("AWS_EC2_METADATA_DISABLED"), "true"):
		return grant{}, missing
	}
	return a.instanceKeys(ctx, machine)
}

// webIdentity exchanges the token in a file, which is renewed by others and so
// read each time (STS, AssumeRoleWithWebIdentity).
func (a *Authority) webIdentity(ctx context.Context, s *service, file, role, region string) (grant, error) {
	token, err := a.readFile(file)
	if err != nil {
		return grant{}, s.noFile("AWS_WEB_IDENTITY_TOKEN_FILE", err)
	}
	s = &service{rt: s.rt, vendor: s.vendor, secrets: append(s.secrets, secret.New(string(token)))}
	answer, err := s.post(ctx, a.sts(region), url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {role},
		"RoleSessionName": {cmp.Or(a.getenv("AWS_ROLE_SESSION_NAME"), "sluice")}, "WebIdentityToken": {strings.TrimSpace(string(token))},
	})
	if err != nil {
		return grant{}, err
	}
	return s.credentials(inTag(answer, "AccessKeyId"), inTag(answer, "SecretAccessKey"), inTag(answer, "SessionToken"), inTag(answer, "Expiration"))
}

// containerURL is where ECS and EKS put the keys of a task or a pod.
func (a *Authority) containerURL() string {
	if path := a.getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); path != "" {
		return "http://169.254.170.2" + path
	}
	return a.getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
}

func (a *Authority) containerKeys(ctx context.Context, s *service) (grant, error) {
	var header []string
	token := a.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if file := a.getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
		text, err := a.readFile(file)
		if err != nil {
			return grant{}, s.noFile("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", err)
		}
		token = string(text)
	}
	if token = strings.TrimSpace(token); token != "" {
		header = []string{"Authorization", token}
	}
	body, err := s.get(ctx, http.MethodGet, a.containerURL(), header...)
	if err != nil {
		return grant{}, err
	}
	return s.credentialsOf(body)
}

// instanceKeys asks the instance metadata service, version 2.
func (a *Authority) instanceKeys(ctx context.Context, s *service) (grant, error) {
	base := a.instanceMetadata()
	token, err := s.get(ctx, http.MethodPut, base+"/latest/api/token", "X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
	if err != nil {
		return grant{}, err
	}
	const path = "/latest/meta-data/iam/security-credentials/"
	header := []string{"X-Aws-Ec2-Metadata-Token", strings.TrimSpace(string(token))}
	role, err := s.get(ctx, http.MethodGet, base+path, header...)
	if err != nil {
		return grant{}, err
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(role)), "\n")
	body, err := s.get(ctx, http.MethodGet, base+path+url.PathEscape(name), header...)
	if err != nil {
		return grant{}, err
	}
	return s.credentialsOf(body)
}
