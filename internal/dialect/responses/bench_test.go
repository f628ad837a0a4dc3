package responses_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/responses"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &responses.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &responses.Dialect, dialecttest.Allocations{
		DecodeRequest: 7, EncodeRequest: 5, DecodeReply: 74, EncodeReply: 23, Event: 11,
	})
}
