package responses_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/responses"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &responses.Dialect) }
