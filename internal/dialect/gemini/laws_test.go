package gemini_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/gemini"
)

func TestLaws(t *testing.T) { dialecttest.Run(t, &gemini.Dialect) }

func FuzzDecoder(f *testing.F) { dialecttest.Fuzz(f, &gemini.Dialect) }
