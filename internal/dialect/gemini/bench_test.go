package gemini_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/gemini"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &gemini.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &gemini.Dialect, dialecttest.Allocations{
		DecodeRequest: 11, EncodeRequest: 17, DecodeReply: 21, EncodeReply: 13, Event: 22,
	})
}
