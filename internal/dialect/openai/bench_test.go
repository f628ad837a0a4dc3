package openai_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &openai.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &openai.Dialect, dialecttest.Allocations{
		DecodeRequest: 31, EncodeRequest: 18, DecodeReply: 46, EncodeReply: 14, Event: 0,
	})
}
