package anthropic_test

import (
	"testing"

	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &anthropic.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &anthropic.Dialect, dialecttest.Allocations{
		DecodeRequest: 18, EncodeRequest: 8, DecodeReply: 21, EncodeReply: 5, Event: 0,
	})
}
