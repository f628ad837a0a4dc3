// Package anthropic is the wire format of Anthropic's Messages API. It must
// not know which vendor it talks to: Anthropic itself, or one of the hosts and
// copies. Start with Dialect.
package anthropic
