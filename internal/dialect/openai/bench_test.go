package openai_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &openai.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &openai.Dialect, dialecttest.Allocations{
		DecodeRequest: 20, EncodeRequest: 14, DecodeReply: 35, EncodeReply: 4, Event: 0,
	})
}
