package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"
)

// goOpenAI is github.com/sashabaranov/go-openai.
type goOpenAI struct{ servers }

func (goOpenAI) name() string { return "go-openai" }

// withHeaders adds headers: the SDK takes them only this way.
type withHeaders map[string]string

func (h withHeaders) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range h {
		r.Header.Set(name, value)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (s goOpenAI) client(key, base, config string) *goopenai.Client {
	c := goopenai.DefaultConfig(key)
	c.BaseURL = base
	c.HTTPClient = &http.Client{Transport: withHeaders(s.headers(config))}
	return goopenai.NewClientWithConfig(c)
}

func goOpenAIBody(body request) goopenai.ChatCompletionRequest {
	r := goopenai.ChatCompletionRequest{
		Model:    body.model,
		Messages: []goopenai.ChatCompletionMessage{{Role: goopenai.ChatMessageRoleUser, Content: body.words}},
	}
	if body.tool {
		r.Tools = []goopenai.Tool{{Type: goopenai.ToolTypeFunction, Function: &goopenai.FunctionDefinition{
			Name: toolName, Parameters: json.RawMessage(toolParameters),
		}}}
	}
	return r
}

func (s goOpenAI) chat(ctx context.Context, body request) (answer, error) {
	reply, err := s.client(body.key, body.base, body.config).CreateChatCompletion(ctx, goOpenAIBody(body))
	if err != nil {
		return answer{}, goOpenAIError(err)
	}
	choice := reply.Choices[0]
	a := answer{
		text: choice.Message.Content, finish: string(choice.FinishReason), header: reply.Header(),
		usage: [3]int{reply.Usage.PromptTokens, reply.Usage.CompletionTokens, reply.Usage.TotalTokens},
	}
	for _, call := range choice.Message.ToolCalls {
		a.calls = append(a.calls, toolCall{call.ID, call.Function.Name, call.Function.Arguments})
	}
	return a, nil
}

func (s goOpenAI) toolResult(ctx context.Context, body request, result string) (answer, error) {
	client := s.client(body.key, body.base, body.config)
	params := goOpenAIBody(body)
	first, err := client.CreateChatCompletion(ctx, params)
	if err != nil {
		return answer{}, err
	}
	message := first.Choices[0].Message
	params.Messages = append(params.Messages, message, goopenai.ChatCompletionMessage{
		Role: goopenai.ChatMessageRoleTool, ToolCallID: message.ToolCalls[0].ID, Content: result,
	})
	second, err := client.CreateChatCompletion(ctx, params)
	if err != nil {
		return answer{}, err
	}
	return answer{text: second.Choices[0].Message.Content}, nil
}

func (s goOpenAI) stream(ctx context.Context, body request, each func(chunk) bool) error {
	params := goOpenAIBody(body)
	params.Stream = true
	params.StreamOptions = &goopenai.StreamOptions{IncludeUsage: true}
	stream, err := s.client(body.key, body.base, body.config).CreateChatCompletionStream(ctx, params)
	if err != nil {
		return goOpenAIError(err)
	}
	defer stream.Close()
	for {
		got, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var c chunk
		if got.Usage != nil {
			c.usage = [3]int{got.Usage.PromptTokens, got.Usage.CompletionTokens, got.Usage.TotalTokens}
		}
		for _, choice := range got.Choices {
			c.choices++
			c.text += choice.Delta.Content
			c.finish += string(choice.FinishReason)
		}
		if !each(c) {
			return nil
		}
	}
}

func (s goOpenAI) embed(ctx context.Context, texts []string, dimensions int) (out [][]float64, err error) {
	reply, err := s.client("sk-e2e", s.gateway+"/v1", "").CreateEmbeddings(ctx, goopenai.EmbeddingRequestStrings{
		Model: goopenai.SmallEmbedding3, Input: texts, Dimensions: dimensions,
	})
	if err != nil {
		return nil, err
	}
	for _, e := range reply.Data {
		vector := make([]float64, len(e.Embedding))
		for i, x := range e.Embedding {
			vector[i] = float64(x)
		}
		out = append(out, vector)
	}
	return out, nil
}

// goOpenAIError makes the SDK's typed error ours.
func goOpenAIError(err error) error {
	var typed *goopenai.APIError
	if errors.As(err, &typed) {
		return &sdkError{status: typed.HTTPStatusCode, message: typed.Error(), code: typed.Code}
	}
	return err
}

func TestGoOpenAI(t *testing.T) { runGo(t, goOpenAI{running}) }
