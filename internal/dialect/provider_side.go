package dialect

import (
	"net/http"

	"sluice/internal/llm"
)

// ProviderSide is the client's half of a chat codec for dialects that no client
// speaks (Dialect.NoClients).
type ProviderSide struct{}

// DecodeRequest refuses.
func (ProviderSide) DecodeRequest([]byte) (*llm.Prompt, error) { return nil, noClients() }

// EncodeReply refuses.
func (ProviderSide) EncodeReply(*llm.Reply, Reply) (body []byte, lost []string, err error) {
	return nil, nil, noClients()
}

// NewEncoder writes nothing.
func (ProviderSide) NewEncoder(Reply) Encoder { return mute{} }

type mute struct{}

func (mute) Encode(dst []byte, _ *llm.Event) []byte { return dst }

func noClients() error {
	return &llm.Error{Kind: llm.NotSupported, Status: http.StatusNotImplemented, Message: "this wire format is not spoken with clients"}
}
