package openai_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &openai.Dialect) }
