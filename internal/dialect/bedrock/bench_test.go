package bedrock_test

import (
	"testing"

	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &bedrock.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &bedrock.Dialect, dialecttest.Allocations{
		DecodeRequest: 56, EncodeRequest: 34, DecodeReply: 25, EncodeReply: 9, Event: 8,
	})
}
