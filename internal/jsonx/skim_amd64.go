package jsonx

import "golang.org/x/sys/cpu"

var vectors = cpu.X86.HasAVX2

func skim(b []byte) (n int, met uint64) {
	if !vectors || len(b) == 0 {
		return skimWords(b)
	}
	return skimVectors(&b[0], len(b))
}

// skimVectors takes 32 bytes at a time, with escapes of the usual kinds: \", \n
// and \t.
//
//go:noescape
func skimVectors(b *byte, size int) (n int, met uint64)
