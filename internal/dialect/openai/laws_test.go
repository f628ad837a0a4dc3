package openai_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/openai"
)

func TestLaws(t *testing.T) { dialecttest.Run(t, &openai.Dialect) }

func FuzzDecoder(f *testing.F) { dialecttest.Fuzz(f, &openai.Dialect) }
