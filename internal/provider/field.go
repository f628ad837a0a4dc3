package provider

import "strings"

// FieldName is the config key of a header: openai_organization for
// OpenAI-Organization and for x-portkey-openai-organization.
func FieldName(header string) string {
	return strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(header), "x-portkey-"), "-", "_")
}

// HeaderName is the header that says a setting: x-portkey-aws-region for
// aws_region.
func HeaderName(field string) string {
	return "x-portkey-" + strings.ReplaceAll(field, "_", "-")
}
