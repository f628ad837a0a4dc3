// Package jsonx is the one JSON seam: nothing else in the project imports a
// JSON library. It does three things. Check and Parse read a body strictly
// without decoding it; Object edits top-level members in place, so that what
// is not touched keeps its bytes; Unmarshal and Marshal decode and encode
// typed values with exact-case names, no duplicates and strict UTF-8. The
// choice of library and its measurements are in docs/decisions/0002.
//
// Start with Object.
package jsonx
