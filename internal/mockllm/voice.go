package mockllm

import (
	"iter"
	"net/http"
	"strings"
)

// voice reads the requests of one operation in one wire format.
type voice interface {
	// read understands a request, or says why it cannot.
	read(r *http.Request, body []byte) (speaker, *failure)
	// failure is a failed answer; the status is mostly that of f.
	failure(f failure) (status int, contentType string, body []byte)
}

// speaker says a script in answer to one request.
type speaker interface {
	ask() ask
	// answer is the whole answer.
	answer(t turn) (contentType string, body []byte)
}

// checker is a speaker that needs what the server remembers before it can
// tell whether the request is good.
type checker interface {
	check(b *backstage) *failure
}

// backstage is what the server has for its voices.
type backstage struct {
	seals  sealer
	verify bool // what was sealed has to come back
	kept   shelf
}

// streamer is a speaker that can stream.
type streamer interface {
	speaker
	// events yields the frames of the stream, its end mark included.
	events(t turn) iter.Seq[[]byte]
	// lateFailure is the frame of a failure inside the stream.
	lateFailure(f failure) []byte
	// streamType is the content type of the stream.
	streamType() string
}

// turn is one request being answered.
type turn struct {
	script
	ID      int   // counts the requests, so that ids are the same in every run
	Created int64 // Unix seconds
	same    int   // how often this very request came, this time included
	back    *backstage
}

// failure is a status that is not 2xx. A voice words what is left empty.
type failure struct {
	Status         int
	Message, Param string
	Code           string // with Message
	Model          string // the one that does not exist
	BadKey         bool
	RequestID      string
}

// route is an operation and the end of the paths it is found under.
type route struct {
	method string
	ends   func(path string) bool
	voice  voice
}

// routes are tried in their order.
var routes = []route{
	{http.MethodPost, func(path string) bool {
		return strings.HasSuffix(path, "/messages") && !strings.Contains(path, "/threads/")
	}, anthropic(readMessage)},
	{http.MethodPost, suffix("/messages/count_tokens"), anthropic(readTokenCount)},
	{http.MethodPost, suffix(":rawPredict"), anthropic(readMessage)},
	{http.MethodPost, suffix(":streamRawPredict"), anthropic(readMessage)},
	{http.MethodPost, suffix("/complete"), anthropic(readPrompt)},
	{http.MethodPost, suffix(":generateContent"), gemini(readContent)},
	{http.MethodPost, suffix(":streamGenerateContent"), gemini(readContent)},
	{http.MethodPost, suffix(":countTokens"), gemini(readContentCount)},
	{http.MethodPost, suffix(":embedContent"), gemini(readContentEmbed)},
	{http.MethodPost, suffix(":batchEmbedContents"), gemini(readContentEmbeds)},
	{http.MethodPost, suffix("/converse"), bedrock(readConverse)},
	{http.MethodPost, suffix("/converse-stream"), bedrock(readConverse)},
	{http.MethodPost, suffix("/count-tokens"), bedrock(readConverseCount)},
	{http.MethodPost, suffix("/invoke"), bedrock(readInvokeEmbed)},
	{http.MethodPost, suffix("/responses"), openAI(readResponse)},
	{http.MethodGet, func(path string) bool { return strings.Contains(path, "/responses/") }, openAI(readStored)},
	{http.MethodDelete, func(path string) bool { return strings.Contains(path, "/responses/") }, openAI(deleteStored)},
	{http.MethodPost, suffix("/chat/completions"), openAI(readChat)},
	{http.MethodPost, suffix("/v2/chat"), cohere(readCohereChat)},
	{http.MethodPost, suffix("/v2/embed"), cohere(readCohereEmbed)},
	{http.MethodPost, suffix("/chat"), openAI(readChat)}, // Writer
	{http.MethodPost, suffix("/completions"), openAI(readComplete)},
	{http.MethodPost, suffix("/embeddings"), openAI(readEmbed)},
	{http.MethodPost, suffix("/moderations"), openAI(readModeration)},
	{http.MethodPost, suffix("/images/generations"), openAI(readImage)},
	{http.MethodPost, suffix("/audio/speech"), openAI(readSpeech)},
	{http.MethodPost, suffix("/audio/transcriptions"), openAI(readTranscription)},
	{http.MethodPost, suffix("/audio/translations"), openAI(readTranscription)},
	{http.MethodPost, suffix("/files"), openAI(readUpload)},
	{http.MethodGet, suffix("/models"), openAI(readModels)},
	{http.MethodGet, func(path string) bool { return strings.Contains(path, "/models/") }, openAI(readModel)},
}

func suffix(end string) func(string) bool {
	return func(path string) bool { return strings.HasSuffix(path, end) }
}

// find returns the voice for a request; found is false for a path nobody
// knows, whose errors are worded as OpenAI's.
func find(r *http.Request) (v voice, found bool) {
	for _, rt := range routes {
		if rt.method == r.Method && rt.ends(r.URL.Path) {
			return rt.voice, true
		}
	}
	return openAI(nil), false
}
