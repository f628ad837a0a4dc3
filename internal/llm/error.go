package llm

import (
	"net/http"
	"time"
)

// Kind says what sort of failure an Error is. It decides the type and code a
// client reads; nobody ever acts on the text of an error.
type Kind uint8

// The kinds, in the order of the error table (reliability rules, E1).
const (
	Internal         Kind = iota
	InvalidJSON           // the body is not the JSON we need
	InvalidConfig         // the config object
	InvalidRequest        // any other header or field
	MissingKey            // no credential for a provider that needs one
	NotSupported          // the provider has no such operation
	Forbidden             // a destination nobody may be sent to
	UnsupportedMedia      // content type or content encoding
	BodyTooLarge
	HeadersTooLarge
	URITooLong
	NotFound // no such route
	MethodNotAllowed
	HostNotAllowed   // a Host header from a foreign name
	OriginNotAllowed // a page of a foreign origin
	RequestTimeout   // the caller's own limit ran out
	UpstreamTimeout  // ours did
	Unreachable      // refused, reset, TLS, DNS: nothing usable came back
	InvalidResponse  // what came back cannot be used
	ResponseTooLarge
	StreamInterrupted // a stream broke after its first byte
	UpstreamStatus    // the provider answered with an error of its own
	Overloaded
	ShuttingDown
	LoopDetected // our own request came back
	Canceled     // the client went away; nobody reads this
)

// Class names how an attempt failed, for logs, metrics and the retry rules
// (R12). Empty for failures that never reached the network.
type Class string

// The classes of R12; a provider's own status is class "status".
const (
	ClassDNS       Class = "dns"
	ClassConnect   Class = "connect"
	ClassTLS       Class = "tls"
	ClassWrite     Class = "write"
	ClassFirstByte Class = "first_byte_timeout"
	ClassReset     Class = "reset"
	ClassIdle      Class = "idle_timeout"
	ClassInvalid   Class = "invalid"
	ClassTooLarge  Class = "too_large"
	ClassStatus    Class = "status"
	ClassCanceled  Class = "canceled"
	ClassNoBudget  Class = "retry_budget_exhausted" // in logs, of an Error with NoBudget
)

// Error is every failure a client may come to read, made by us or by a
// provider. It is returned, never logged on the way, and rendered once, by the
// client's dialect.
type Error struct {
	Kind    Kind
	Status  int    // what the client gets
	Message string // at most 500 characters; never a secret, path or address
	Type    string // the provider's word; empty: the kind's own
	Code    string // the provider's word; empty: the kind's own
	Param   string // the field or header at fault
	Details []string

	Class      Class
	RetryAfter time.Duration // what the provider asked for; 0: nothing usable
	Final      bool          // nothing may be tried after it: the client is gone, or its body is used up

	NoBudget bool // it would have been tried again, but the retries of its origin are used up (R16)

	Origin             // which target it came from, when one was tried
	Header http.Header // the provider's, already filtered
	Body   []byte      // the provider's own bytes: for a client of the same dialect, or where they hold no Message
	Frame  []byte      // the same, of an error inside a stream
	Err    error       // the cause, for logs only
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// Origin is where an answer or a failure came from. It becomes the
// x-portkey-* response headers.
type Origin struct {
	Provider string // catalogue id
	Path     string // of the target in the config: config.targets[1]
	Retries  int    // retries spent on that target; -1: all spent, still failing
}
