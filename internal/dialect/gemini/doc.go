// Package gemini is the wire format of Google's Gemini API, generateContent
// and streamGenerateContent, as AI Studio and Vertex AI speak it: both halves.
// The model stands in the address, so that bodies do not name it. It must not
// know any other dialect. Start with Dialect.
package gemini
