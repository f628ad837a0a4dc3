// Package config is what the operator asked: flags before environment before
// file, from one table of settings. It is strict: what it does not know is an
// error that names the line and what was probably meant. It must not know what
// the settings are used for. Start with Config.
package config
