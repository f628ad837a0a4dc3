package openai_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &openai.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &openai.Dialect, dialecttest.Allocations{
		DecodeRequest: 10, EncodeRequest: 13, DecodeReply: 27, EncodeReply: 5, Event: 0,
	})
}
