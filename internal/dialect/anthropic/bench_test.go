package anthropic_test

import (
	"testing"

	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &anthropic.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &anthropic.Dialect, dialecttest.Allocations{
		DecodeRequest: 24, EncodeRequest: 10, DecodeReply: 33, EncodeReply: 8, Event: 0,
	})
}
