package llm

// words are the type and code a client reads for each kind (reliability
// rules, E1).
var words = [...][2]string{
	Internal:          {"server_error", "internal_error"},
	InvalidJSON:       {"invalid_request_error", "invalid_json"},
	InvalidConfig:     {"invalid_request_error", "invalid_config"},
	InvalidRequest:    {"invalid_request_error", "invalid_request"},
	MissingKey:        {"authentication_error", "missing_provider_key"},
	NotSupported:      {"invalid_request_error", "not_supported"},
	Forbidden:         {"invalid_request_error", "forbidden_destination"},
	UnsupportedMedia:  {"invalid_request_error", "unsupported_media_type"},
	BodyTooLarge:      {"invalid_request_error", "body_too_large"},
	HeadersTooLarge:   {"invalid_request_error", "headers_too_large"},
	URITooLong:        {"invalid_request_error", "uri_too_long"},
	NotFound:          {"invalid_request_error", "not_found"},
	MethodNotAllowed:  {"invalid_request_error", "method_not_allowed"},
	HostNotAllowed:    {"permission_error", "host_not_allowed"},
	OriginNotAllowed:  {"permission_error", "origin_not_allowed"},
	RequestTimeout:    {"timeout_error", "request_timeout"},
	UpstreamTimeout:   {"timeout_error", "upstream_timeout"},
	Unreachable:       {"upstream_error", "upstream_unreachable"},
	InvalidResponse:   {"upstream_error", "upstream_invalid_response"},
	ResponseTooLarge:  {"upstream_error", "upstream_response_too_large"},
	StreamInterrupted: {"upstream_error", "upstream_stream_interrupted"},
	UpstreamStatus:    {"upstream_error", "upstream_error"},
	Overloaded:        {"server_error", "overloaded"},
	ShuttingDown:      {"server_error", "shutting_down"},
	LoopDetected:      {"invalid_request_error", "loop_detected"},
	Canceled:          {"timeout_error", "request_canceled"},
}

// Words are the type and code a client reads for a failure of this kind,
// unless the failure has words of its own (reliability rules, E1).
func (k Kind) Words() (typ, code string) { return words[k][0], words[k][1] }

// Upstream reports whether failures of this kind are the provider's doing, or
// the network's on the way to it, so that the client is told whose.
func (k Kind) Upstream() bool {
	switch k {
	case UpstreamTimeout, Unreachable, InvalidResponse, ResponseTooLarge, StreamInterrupted, UpstreamStatus:
		return true
	}
	return false
}
