package gemini_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/gemini"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &gemini.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &gemini.Dialect, dialecttest.Allocations{
		DecodeRequest: 39, EncodeRequest: 18, DecodeReply: 40, EncodeReply: 14, Event: 33,
	})
}
