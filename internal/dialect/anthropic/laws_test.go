package anthropic_test

import (
	"testing"

	"sluice/internal/dialect/anthropic"
	"sluice/internal/dialect/dialecttest"
)

func TestLaws(t *testing.T) { dialecttest.Run(t, &anthropic.Dialect) }

func FuzzDecoder(f *testing.F) { dialecttest.Fuzz(f, &anthropic.Dialect) }
