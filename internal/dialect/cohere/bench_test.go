package cohere_test

import (
	"testing"

	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &cohere.Dialect) }
