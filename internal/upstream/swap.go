package upstream

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/policy"
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
