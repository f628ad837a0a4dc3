package bedrock

import (
	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Invoke is InvokeModel, in which each family of models is asked in its own
// words (Amazon Bedrock API, InvokeModel; Amazon Bedrock user guide, inference
// request parameters). The gateway asks it for vectors.
var Invoke = dialect.Dialect{
	Name:             "bedrock-invoke",
	ErrorsPass:       true,
	ModelInURL:       true,
	Embed:            embedCodec{},
	Inspect:          inspectInvoke,
	DecodeError:      decodeError,
	EncodeError:      encodeError,
	AppendErrorFrame: appendErrorFrame,
	Framing:          &framing.Amazon,
}

// invokeFamily owns the members of the bodies of InvokeModel.
const invokeFamily = "bedrock-invoke"

var invokeNames = jsonx.Names("__type", "inputTextTokenCount")

func inspectInvoke(_ llm.Op, body []byte) (dialect.Facts, error) {
	var m [2]jsonx.Value
	if !jsonx.Members(body, invokeNames, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	if jsonx.KindOf(m[0]) == jsonx.String {
		return dialect.Facts{}, eventError("", body)
	}
	var f dialect.Facts
	if n, ok := jsonx.Int(m[1]); ok {
		f.Usage = &llm.Usage{Input: n}
	}
	return f, nil
}
