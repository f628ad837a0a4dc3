package gemini

import (
	"strings"
	"time"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// readDetails reads what the vendor says beside the message (google.rpc,
// error_details): how long to wait, which field is at fault. It sends no
// header with the former.
func readDetails(e *llm.Error, details jsonx.Value) {
	for d := range jsonx.Elements(details) {
		kind, _ := jsonx.Text(jsonx.At(d, "@type"))
		switch {
		case strings.HasSuffix(kind, "RetryInfo"):
			s, _ := jsonx.Text(jsonx.At(d, "retryDelay"))
			if wait, err := time.ParseDuration(s); err == nil && wait > 0 {
				e.RetryAfter = wait
			}
		case strings.HasSuffix(kind, "BadRequest"):
			e.Param, _ = jsonx.Text(jsonx.At(d, "fieldViolations", "0", "field"))
		}
	}
}
