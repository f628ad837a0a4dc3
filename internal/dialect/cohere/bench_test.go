package cohere_test

import (
	"testing"

	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &cohere.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &cohere.Dialect, dialecttest.Allocations{
		DecodeRequest: 17, EncodeRequest: 18, DecodeReply: 27, EncodeReply: 6, Event: 11,
	})
}
