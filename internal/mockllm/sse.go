package mockllm

// namedFrame is an event with a name, as Anthropic and the Responses API send
// them.
func namedFrame(name string, data []byte) []byte {
	out := append([]byte("event: "), name...)
	out = append(append(out, "\ndata: "...), data...)
	return append(out, "\n\n"...)
}
