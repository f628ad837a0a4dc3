// Package image speaks the formats in which vendors are asked to draw. Each is a
// way to write the request and a way to find the pictures in the answer (wire
// formats, images). It must not know about conversations. Start with Dialect, the
// form that clients speak: OpenAI's.
package image
