// Package app is the roof: it builds all of the gateway from a configuration,
// opens its listeners, and shuts it down in order. Start with New.
package app
