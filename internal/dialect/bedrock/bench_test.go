package bedrock_test

import (
	"testing"

	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &bedrock.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &bedrock.Dialect, dialecttest.Allocations{
		DecodeRequest: 30, EncodeRequest: 35, DecodeReply: 18, EncodeReply: 10, Event: 7,
	})
}
