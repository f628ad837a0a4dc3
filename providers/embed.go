// Package providers is the catalogue: one YAML file per vendor, described by
// schema.json, and the models each is known to serve. It is data; package
// internal/provider reads it.
package providers

import "embed"

// FS holds the provider files and models.json.
//
//go:embed *.yaml models.json
var FS embed.FS
