// Package provider is the catalogue: which vendors exist, where their
// operations live, how they want to be authenticated and which small things
// about a request they want different. All of it is data, read from the files
// in providers/; nothing here knows a vendor by name, sends anything or reads
// an answer. Start with Catalogue and Provider.
package provider
