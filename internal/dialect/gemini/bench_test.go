package gemini_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/gemini"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &gemini.Dialect) }
