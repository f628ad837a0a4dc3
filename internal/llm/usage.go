package llm

// Usage is what one answer cost, in tokens. Input includes cached input and
// Output includes reasoning, as OpenAI counts (wire formats, canonical answer).
type Usage struct {
	Input, Output         int64
	CacheRead, CacheWrite int64 // both part of Input
	CacheWrite1h          int64 // part of CacheWrite, kept for an hour
	Reasoning             int64 // part of Output

	// Raw is the wire's own usage object, for its own family.
	Raw Extra
}
