package bedrock_test

import (
	"testing"

	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/dialecttest"
)

func BenchmarkCodec(b *testing.B) { dialecttest.Bench(b, &bedrock.Dialect) }
