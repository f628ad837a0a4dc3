package upstream

import (
	"io"
	"net/http"
	"strings"

	"sluice/internal/llm"
)

// socketHeaders belong to the handshake of a WebSocket (RFC 6455, 4.1) and pass
// as they are, both ways: what is agreed on is between client and provider.
var socketHeaders = []string{"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol"}

// KeyProtocol is how browsers, which cannot set headers, give OpenAI a key: as a
// protocol of the socket (OpenAI API, realtime).
const KeyProtocol = "openai-insecure-api-key."

// upgrade asks for a WebSocket in place of an answer. The client's key among the
// protocols has become a header.
func (c *call) upgrade(r *Request) {
	c.socket = true
	c.header["Connection"], c.header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	for _, name := range socketHeaders {
		if value := r.Header.Get(name); value != "" {
			c.header[name] = []string{value}
		}
	}
	if offered := r.Header.Values("Sec-Websocket-Protocol"); len(offered) > 0 {
		var kept []string
		for name := range strings.SplitSeq(strings.Join(offered, ","), ",") {
			if name = strings.TrimSpace(name); !strings.HasPrefix(name, KeyProtocol) {
				kept = append(kept, name)
			}
		}
		c.header["Sec-Websocket-Protocol"] = []string{strings.Join(kept, ", ")}
	}
	delete(c.header, "Accept-Encoding")
}

// tunnel makes an answer of a socket the provider opened. Whatever else it
// answered is an answer, or a failure, as always.
func (c *Client) tunnel(w *watch, resp *http.Response) (*llm.Answer, error) {
	socket, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || !strings.EqualFold(resp.Header.Get("Upgrade"), "websocket") {
		return nil, invalidResponse("the provider switched to another protocol than was asked for", nil)
	}
	filterHeader(resp.Header)
	w.stop()
	return &llm.Answer{Status: resp.StatusCode, Header: resp.Header, Tunnel: socket}, nil
}
