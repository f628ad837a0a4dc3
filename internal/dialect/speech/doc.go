// Package speech asks vendors to speak a text whose formats are not OpenAI's.
// They say the same with other names and in other places: members, the address,
// its query, a header. What is heard passes as it comes, so that only requests
// are written here (wire formats, text to speech). It must not know about
// transcriptions. Start with Dialect, the form that clients speak.
package speech
