package cohere_test

import (
	"testing"

	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &cohere.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &cohere.Dialect, dialecttest.Allocations{
		DecodeRequest: 10, EncodeRequest: 19, DecodeReply: 18, EncodeReply: 7, Event: 12,
	})
}
