package bedrock_test

import (
	"testing"

	"sluice/internal/dialect/bedrock"
	"sluice/internal/dialect/dialecttest"
)

func TestLaws(t *testing.T) { dialecttest.Run(t, &bedrock.Dialect) }

func FuzzDecoder(f *testing.F) { dialecttest.Fuzz(f, &bedrock.Dialect) }
