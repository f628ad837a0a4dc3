package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
)

// openAIGo is github.com/openai/openai-go.
type openAIGo struct{ servers }

func (openAIGo) name() string { return "openai-go" }

func (s openAIGo) client(key, base, config string) openai.Client {
	options := []option.RequestOption{option.WithAPIKey(key), option.WithBaseURL(base), option.WithMaxRetries(0)}
	for name, value := range s.headers(config) {
		options = append(options, option.WithHeader(name, value))
	}
	return openai.NewClient(options...)
}

func openAIGoBody(body request) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{
		Model:    body.model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage(body.words)},
	}
	if body.tool {
		p.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: toolName, Parameters: toolSchema(),
		})}
	}
	return p
}

func (s openAIGo) chat(ctx context.Context, body request) (answer, error) {
	client := s.client(body.key, body.base, body.config)
	var res *http.Response
	reply, err := client.Chat.Completions.New(ctx, openAIGoBody(body), option.WithResponseInto(&res))
	if err != nil {
		return answer{}, openAIGoError(err)
	}
	choice := reply.Choices[0]
	a := answer{
		text: choice.Message.Content, finish: choice.FinishReason, header: res.Header,
		usage: [3]int{int(reply.Usage.PromptTokens), int(reply.Usage.CompletionTokens), int(reply.Usage.TotalTokens)},
	}
	for _, call := range choice.Message.ToolCalls {
		a.calls = append(a.calls, toolCall{call.ID, call.Function.Name, call.Function.Arguments})
	}
	return a, nil
}

func (s openAIGo) toolResult(ctx context.Context, body request, result string) (answer, error) {
	client := s.client(body.key, body.base, body.config)
	params := openAIGoBody(body)
	first, err := client.Chat.Completions.New(ctx, params)
	if err != nil {
		return answer{}, err
	}
	message := first.Choices[0].Message
	params.Messages = append(params.Messages, message.ToParam(), openai.ToolMessage(result, message.ToolCalls[0].ID))
	second, err := client.Chat.Completions.New(ctx, params)
	if err != nil {
		return answer{}, err
	}
	return answer{text: second.Choices[0].Message.Content}, nil
}

func (s openAIGo) stream(ctx context.Context, body request, each func(chunk) bool) error {
	client := s.client(body.key, body.base, body.config)
	params := openAIGoBody(body)
	params.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := client.Chat.Completions.NewStreaming(ctx, params)
	defer stream.Close()
	for stream.Next() {
		got := stream.Current()
		c := chunk{usage: [3]int{int(got.Usage.PromptTokens), int(got.Usage.CompletionTokens), int(got.Usage.TotalTokens)}}
		for _, choice := range got.Choices {
			c.choices++
			c.text += choice.Delta.Content
			c.finish += choice.FinishReason
		}
		if !each(c) {
			return nil
		}
	}
	return stream.Err()
}

func (s openAIGo) embed(ctx context.Context, texts []string, dimensions int) (out [][]float64, err error) {
	client := s.client("sk-e2e", s.gateway+"/v1", "")
	reply, err := client.Embeddings.New(ctx, openai.EmbeddingNewParams{
		Model:      openai.EmbeddingModelTextEmbedding3Small,
		Input:      openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: texts},
		Dimensions: openai.Int(int64(dimensions)),
	})
	if err != nil {
		return nil, err
	}
	for _, e := range reply.Data {
		out = append(out, e.Embedding)
	}
	return out, nil
}

// openAIGoError makes the SDK's typed error ours. Its Error method names only
// the status; the provider's sentence is in the field.
func openAIGoError(err error) error {
	var typed *openai.Error
	if errors.As(err, &typed) {
		return &sdkError{status: typed.StatusCode, message: typed.Message, code: typed.Code}
	}
	return err
}

func TestOpenAIGo(t *testing.T) { runGo(t, openAIGo{running}) }

func toolSchema() map[string]any {
	var schema map[string]any
	if err := json.Unmarshal([]byte(toolParameters), &schema); err != nil {
		panic(err) // a constant of these tests
	}
	return schema
}
