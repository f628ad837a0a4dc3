package cohere_test

import (
	"testing"

	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &cohere.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &cohere.Dialect, dialecttest.Allocations{
		DecodeRequest: 26, EncodeRequest: 23, DecodeReply: 33, EncodeReply: 8, Event: 17,
	})
}
