// Package upstream makes one attempt on the network: it writes the request for
// a target, sends it, and reads the answer. Two roads lead through it. When
// client and provider speak the same dialect, bytes pass and are edited in
// place; otherwise they go through the vocabulary of package llm. It must not
// decide whether another attempt is made. Start with Client.Do.
package upstream
