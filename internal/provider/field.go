package provider

import "strings"

// FieldName is the config key of a header: openai_organization for
// OpenAI-Organization and for x-portkey-openai-organization.
func FieldName(header string) string {
	return strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(header), "x-portkey-"), "-", "_")
}
