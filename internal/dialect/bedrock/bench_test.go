package bedrock_test

import (
	"testing"

	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &bedrock.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &bedrock.Dialect, dialecttest.Allocations{
		DecodeRequest: 71, EncodeRequest: 40, DecodeReply: 32, EncodeReply: 10, Event: 12,
	})
}
