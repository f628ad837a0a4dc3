// Package mockllm is a fake provider: an http.Handler that answers like a
// model's API without a model, a key or a network. Newcomers meet it as
// `sluice mock`, our tests and the SDK tests send everything to it.
//
// What it answers is decided by words in the last user message (see Words):
//
//	error 429         that status, with the body the wire format has for it;
//	                  429 carries retry-after-ms; "error 503 once", "error
//	                  503 twice" or "error 503 4 times" then answers
//	slow, slow 500ms  waits 2 s, or that long, before it answers
//	drip, drip 50ms   waits 100 ms, or that long, between events
//	long 50           50 words, each an event of its own when streamed
//	cut               the connection breaks in the middle of the answer
//	half              half an answer, cleanly ended
//	garbage           status 200 and a body or events that are not JSON
//	html              status 502 with an HTML page
//	hang              no answer until the client goes away
//	stall             the beginning of an answer, then silence
//	hangup            the connection closes without an answer
//	error in stream   an error event after two events (no stream: status 500)
//	tool, weather     calls the first offered tool with made-up arguments
//	tools             calls every offered tool, in parallel
//	json              a JSON object as text
//	think             the reasoning first, with the proof the format has for it
//	cached            the prompt counts as read from the cache
//
// Any other message is repeated in a friendly sentence. The words can be
// combined, and they work in the model name too where it begins with "mock-":
// "mock-error-500" always fails, so that one target of a config can fail and
// the next one answer. The key "bad-key" gives 401, the model "no-such-model"
// 404. A path is known by its end, whatever prefix a vendor mounts it under;
// a path that is not known answers with the request itself. What came in can
// be read from Server.Requests and at GET /_mock/requests.
//
// Inside there are three parts: a cue is what options and words ask for, a
// script is what will be said, both without any wire format; a voice reads
// and writes one wire format and decides nothing. A new dialect is one more
// voice and its lines in the table routes.
//
// The answers follow the OpenAI API (chat completion object, chat completion
// chunk object, completion object, embedding object, error object, response
// object, streaming events), the Claude API (messages, streaming messages,
// count tokens, text completions) and the Gemini API (GenerateContentResponse,
// countTokens, embedContent). Media that arrive are named in the answer. Tokens
// are words.
//
// The word think gives a proof with the reasoning where the format has one:
// Anthropic's signature, Gemini's thoughtSignature, the Responses API's
// encrypted_content. With Options.VerifySignatures a turn that comes back
// without it, or with another one, is refused in the vendor's words, as long as
// its ids show that it was said here.
//
// The package must not know the gateway. Start with Server.
package mockllm
