package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"sluice/internal/framing"
	"sluice/internal/llm"
	"sluice/internal/upstream"
)

// realtime opens a WebSocket to a provider (contract, §1.6). The handshake goes
// the way of every request, with fallback until a provider has agreed; after it
// bytes pass both ways as they are, so that frames, their compression and the
// reason of the end are between client and provider.
func (v *visit) realtime() {
	h := v.r.Header
	if !strings.EqualFold(h.Get("Upgrade"), "websocket") || h.Get("Sec-Websocket-Key") == "" {
		v.w.Header()["Upgrade"] = []string{"websocket"}
		v.refuse(&llm.Error{
			Kind: llm.InvalidRequest, Status: http.StatusUpgradeRequired, Param: "upgrade",
			Message: "this path is a WebSocket: connect to it with one, ws://…/v1/realtime",
		})
		return
	}
	if origin := h.Get("Origin"); origin != "" && !slices.Contains(v.AllowedOrigins, origin) {
		v.refuse(&llm.Error{
			Kind: llm.OriginNotAllowed, Status: http.StatusForbidden, Param: "origin",
			Message: "pages of this origin may not open sockets here: add it to SLUICE_CORS_ORIGINS if it is yours",
		})
		return
	}
	if h.Get("Authorization") == "" {
		if key := keyAmong(h.Values("Sec-Websocket-Protocol")); key != "" {
			v.r.Header = h.Clone()
			v.r.Header.Set("Authorization", "Bearer "+key)
		}
	}
	v.upgrade = true
	operation(llm.Relay)(v)
}

// keyAmong finds a browser's key among the protocols it offers.
func keyAmong(protocols []string) string {
	for name := range strings.SplitSeq(strings.Join(protocols, ","), ",") {
		if key, ok := strings.CutPrefix(strings.TrimSpace(name), upstream.KeyProtocol); ok {
			return key
		}
	}
	return ""
}

// tunnel joins the client's connection to the provider's socket until either
// ends.
func (v *visit) tunnel(a *llm.Answer) {
	defer func() { _ = a.Tunnel.Close() }()
	v.origin, v.status = a.Origin, a.Status
	conn, buffered, err := http.NewResponseController(v.w).Hijack()
	if err != nil {
		v.refuse(&llm.Error{Kind: llm.Internal, Status: http.StatusInternalServerError, Message: "internal error", Err: err})
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Time{})
	if err := v.agree(conn, a); err != nil {
		v.outcome = "canceled"
		return
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() { // the gateway stops (R26): the copying ends, and the client is told
		select {
		case <-v.r.Context().Done():
			_ = conn.SetDeadline(time.Now().Add(goodbye))
			_ = a.Tunnel.Close()
		case <-stop:
		}
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := io.Copy(a.Tunnel, framing.NewSocket(sent(buffered.Reader, conn), maxFrame))
		if reason := closing(err); reason != nil {
			_, _ = conn.Write(reason)
		}
		_ = a.Tunnel.Close()
	}()
	_, _ = io.Copy(conn, a.Tunnel)
	if v.r.Context().Err() != nil {
		_, _ = conn.Write(framing.CloseFrame(1001, "the gateway is shutting down"))
	}
	_ = conn.Close()
	<-done
}

// goodbye is how long a client may take to hear that the gateway stops.
const goodbye = 100 * time.Millisecond

// maxFrame is how large a client's frame may be (S23).
const maxFrame = 16 << 20

// closing is what a client is told whose frames cannot be passed on; nil if it
// is nothing of that kind.
func closing(err error) []byte {
	switch {
	case errors.Is(err, framing.ErrSocket):
		return framing.CloseFrame(1002, "this is not a frame of a WebSocket client")
	case errors.Is(err, framing.ErrSocketFrame):
		return framing.CloseFrame(1009, "the frame is larger than 16 MiB")
	}
	return nil
}

// agree answers the client's handshake with the provider's.
func (v *visit) agree(conn net.Conn, a *llm.Answer) error {
	h := v.w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	v.mark(h, nil)
	h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	_ = conn.SetWriteDeadline(time.Now().Add(v.Limits.WriteStall))
	defer func() { _ = conn.SetWriteDeadline(time.Time{}) }()
	if _, err := fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\n", a.Status, http.StatusText(a.Status)); err != nil {
		return err
	}
	if err := h.Write(conn); err != nil {
		return err
	}
	_, err := io.WriteString(conn, "\r\n")
	return err
}

// sent is what the client sends: first what the server had read of it already.
func sent(buffered *bufio.Reader, conn net.Conn) io.Reader {
	n := buffered.Buffered()
	if n == 0 {
		return conn
	}
	early, _ := buffered.Peek(n)
	return io.MultiReader(strings.NewReader(string(early)), conn)
}
