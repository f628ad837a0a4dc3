package gemini

import (
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Every member may be spelt in camelCase or in snake_case (Protocol Buffers,
// JSON mapping), and clients mix the two in one body. What was read is
// remembered in Extra.Spelling: the camelCase names that were spelt the other
// way, and marks of the form "member:form" for other choices the wire leaves.

// twins are the snake_case forms of the names we read.
var twins = twinsOf("systemInstruction", "generationConfig", "toolConfig", "cachedContent",
	"inlineData", "fileData", "functionCall", "functionResponse", "thoughtSignature",
	"mimeType", "fileUri", "displayName", "executableCode", "codeExecutionResult", "toolCall", "toolResponse",
	"functionDeclarations", "parametersJsonSchema", "functionCallingConfig", "allowedFunctionNames",
	"maxOutputTokens", "topP", "topK", "candidateCount", "stopSequences", "presencePenalty", "frequencyPenalty",
	"responseMimeType", "responseJsonSchema", "responseSchema", "responseModalities",
	"thinkingConfig", "includeThoughts", "thinkingBudget", "thinkingLevel", "serviceTier")

func twinsOf(names ...string) map[string]string {
	all := make(map[string]string, len(names))
	for _, n := range names {
		all[n] = snake(n)
	}
	return all
}

func snake(camel string) string {
	var b strings.Builder
	for _, c := range camel {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// object reads an object of the wire by camelCase names, whatever the spelling.
type object struct {
	r     *dialect.Reader
	spelt []string
}

func read(r *dialect.Reader) *object { return &object{r: r} }

func (o *object) mark(m string) { o.spelt = append(o.spelt, m) }

// name is how the object spells a member.
func (o *object) name(camel string) string {
	if other, two := twins[camel]; two && o.r.Peek(camel) == nil && o.r.Peek(other) != nil {
		if !slices.Contains(o.spelt, camel) {
			o.mark(camel)
		}
		return other
	}
	return camel
}

func (o *object) has(camel string) bool             { return o.r.Peek(o.name(camel)) != nil }
func (o *object) take(camel string) jsonx.Value     { return o.r.Take(o.name(camel)) }
func (o *object) text(camel string) string          { return o.r.Text(o.name(camel)) }
func (o *object) int(camel string) *int64           { return o.r.Int(o.name(camel)) }
func (o *object) float(camel string) *float64       { return o.r.Float(o.name(camel)) }
func (o *object) bool(camel string) *bool           { return o.r.Bool(o.name(camel)) }
func (o *object) texts(camel string) []string       { return o.r.Texts(o.name(camel)) }
func (o *object) at(camel string) (*object, string) { return o.inner(o.name(camel)) }

// inner reads a member that is an object.
func (o *object) inner(name string) (*object, string) {
	return read(o.r.Object(o.r.Take(name), name)), name
}

// extra is what nobody took, together with the spelling of what was.
func (o *object) extra() llm.Extra {
	x := o.r.Rest(family)
	if len(o.spelt) > 0 {
		x.Family, x.Spelling = family, o.spelt
	}
	return x
}

// spelling writes names the way an object of this family had them.
type spelling []string

func spellingOf(x llm.Extra) spelling {
	if x.Family != family {
		return nil
	}
	return x.Spelling
}

func (s spelling) name(camel string) string {
	if other, two := twins[camel]; two && slices.Contains(s, camel) {
		return other
	}
	return camel
}

func (s spelling) marked(m string) bool { return slices.Contains(s, m) }
