package upstream

import (
	"bytes"
	"net/url"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/policy"
	"sluice/internal/provider"
)

// swap carries a request over whose operation has one form of request and one
// of answer, and keeps the way back.
func swap[Ask, Answer any](c *call, body *jsonx.Object, t *policy.Target, client, vendor dialect.Codec[Ask, Answer]) error {
	ask, err := client.DecodeRequest(body.Bytes())
	if err != nil {
		return err
	}
	encoded, lost, err := vendor.EncodeRequest(ask)
	if err != nil {
		return err
	}
	c.lost = append(c.lost, lost...)
	c.back = func(answer []byte) ([]byte, error) {
		a, err := vendor.DecodeReply(answer, ask)
		if err != nil {
			return nil, err
		}
		return client.EncodeReply(a, ask, c.provider), nil
	}
	if boundary, rest, _ := bytes.Cut(encoded, []byte("\r\n")); bytes.HasPrefix(boundary, []byte("--")) && len(rest) > 0 {
		c.body, c.mediaType = encoded, "multipart/form-data; boundary="+string(boundary[2:])
		return nil
	}
	c.body, err = c.fitted(encoded, t)
	return err
}

// speak carries over a request to have a text spoken. There is no way back: what
// is heard passes as it comes.
func (c *call) speak(body *jsonx.Object, t *policy.Target, place provider.Endpoint) (path string, err error) {
	ask, err := c.client.Speech.DecodeRequest(body.Bytes())
	if err != nil {
		return "", err
	}
	spoken, err := c.speaks.Speech.EncodeRequest(ask)
	if err != nil {
		return "", err
	}
	if strings.Contains(place.Path, "{model}") {
		c.model = spoken.Address
	}
	c.lost = append(c.lost, spoken.Lost...)
	for _, h := range spoken.Header {
		c.header.Set(h[0], h[1])
	}
	path = place.Path
	for i, q := range spoken.Query {
		path += map[bool]string{true: "?", false: "&"}[i == 0 && !strings.Contains(path, "?")] + url.QueryEscape(q[0]) + "=" + url.QueryEscape(q[1])
	}
	c.body, err = c.fitted(spoken.Body, t)
	return path, err
}
