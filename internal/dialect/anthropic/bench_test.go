package anthropic_test

import (
	"testing"

	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &anthropic.Dialect) }
