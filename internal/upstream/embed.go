package upstream

import (
	"context"
	"net/http"

	"golang.org/x/sync/errgroup"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
	"sluice/internal/policy"
	"sluice/internal/provider"
)

// atOnce is how many of the requests run at a time that one request for many
// vectors was cut into.
const atOnce = 4

// translateEmbedding carries a request for vectors over, as several requests
// where the vendor takes fewer texts at a time.
func (c *call) translateEmbedding(body *jsonx.Object, t *policy.Target, place provider.Endpoint) (path string, err error) {
	if c.vectors, err = c.client.Embed.DecodeRequest(body.Bytes()); err != nil {
		return "", err
	}
	c.vectors.Model = c.model
	pieces := c.vectors.Split(batchSize(c.speaks.Embed, c.model))
	path = place.Path
	for i := range pieces {
		encoded, many, lost, err := c.speaks.Embed.EncodeRequest(&pieces[i])
		if err != nil {
			return "", err
		}
		if many && place.ManyPath != "" {
			path = place.ManyPath
		}
		if encoded, err = c.fitted(encoded, t); err != nil {
			return "", err
		}
		if i == 0 {
			c.lost = append(c.lost, lost...)
		}
		c.pieces = append(c.pieces, encoded)
	}
	c.body = c.pieces[0]
	return path, nil
}

func batchSize(codec dialect.EmbedCodec, model string) int {
	if b, ok := codec.(dialect.Batcher); ok {
		return b.BatchSize(model)
	}
	return 0
}

// embedMany makes the requests that one was cut into and puts the vectors
// together in their order. The first failure ends them all.
func (c *Client) embedMany(ctx context.Context, r *Request, t *policy.Target, whole *call) (*llm.Answer, error) {
	answers, vectors := make([]*llm.Answer, len(whole.pieces)), make([]*llm.Vectors, len(whole.pieces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, body := range whole.pieces {
		call := *whole
		call.body = body
		group.Go(func() (err error) {
			answers[i], err = c.exchange(ctx, r, t, &attempt{call: &call, room: new(Room)})
			vectors[i] = call.got
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := llm.Join(vectors)
	answer := answers[0]
	answer.Usage = all.Usage
	answer.Body = whole.client.Embed.EncodeReply(all, whole.vectors, whole.provider)
	return answer, nil
}

func (c *call) translateVectors(answer *llm.Answer) error {
	v, err := c.speaks.Embed.DecodeReply(answer.Body)
	if err != nil {
		return err
	}
	if c.got = v; len(c.pieces) > 1 {
		return nil
	}
	if len(v.Values) != len(c.vectors.Texts) {
		return &llm.Error{
			Kind: llm.InvalidResponse, Status: http.StatusBadGateway, Class: llm.ClassInvalid,
			Message: "the provider did not answer with one vector for each input",
		}
	}
	answer.Body = c.client.Embed.EncodeReply(v, c.vectors, c.provider)
	return nil
}
