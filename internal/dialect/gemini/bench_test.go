package gemini_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/gemini"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &gemini.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &gemini.Dialect, dialecttest.Allocations{
		DecodeRequest: 29, EncodeRequest: 16, DecodeReply: 33, EncodeReply: 12, Event: 26,
	})
}
