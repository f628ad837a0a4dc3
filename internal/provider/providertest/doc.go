// Package providertest judges the members of a catalogue: whatever its file
// says, a provider's addresses, variables, key and quirks must behave as the
// format promises. Every vendor goes through it, with no exceptions. Start
// with Run.
package providertest
