package responses_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/responses"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &responses.Dialect) }

func TestAllocations(t *testing.T) {
	dialecttest.Pin(t, &responses.Dialect, dialecttest.Allocations{
		DecodeRequest: 10, EncodeRequest: 4, DecodeReply: 87, EncodeReply: 22, Event: 11,
	})
}
