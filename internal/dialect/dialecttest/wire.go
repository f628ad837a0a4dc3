package dialecttest

import (
	"bytes"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/framing"
)

// Wire puts a stream that an archive holds as server-sent events into the
// frames of its dialect. An event whose name ends in Exception is one.
func Wire(d *dialect.Dialect, sse []byte) []byte {
	if d.Streams().MediaType != framing.Amazon.MediaType {
		return sse
	}
	var out []byte
	for frames := framing.NewSSE(bytes.NewReader(sse), maxEvent); ; {
		ev, err := frames.Next()
		switch {
		case err != nil:
			return out
		case strings.HasSuffix(ev.Name, "Exception"):
			out = framing.AppendAmazonException(out, ev.Name, ev.Data)
		default:
			out = framing.AppendAmazonEvent(out, ev.Name, ev.Data)
		}
	}
}
