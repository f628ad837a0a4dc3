// Package dialecttest judges dialects by the laws of the vocabulary: what is
// decoded and encoded again is the same (L1, L7), a stream tells what the whole
// answer tells (L2, L4), where the bytes were cut does not matter and a cut
// stream looks cut (L9), one stop and the cost at the end (L10). It judges on
// each dialect's own fixtures and, where SLUICE_CORPUS names a folder, on every
// recording in it. Start with Run.
package dialecttest
