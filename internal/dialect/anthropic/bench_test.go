package anthropic_test

import (
	"testing"

	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &anthropic.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &anthropic.Dialect, dialecttest.Allocations{
		DecodeRequest: 11, EncodeRequest: 9, DecodeReply: 12, EncodeReply: 6, Event: 0,
	})
}
