package cohere_test

import (
	"testing"

	"sluice/internal/dialect/cohere"
	"sluice/internal/dialect/dialecttest"
)

func TestLaws(t *testing.T) { dialecttest.Run(t, &cohere.Dialect) }

func FuzzDecoder(f *testing.F) { dialecttest.Fuzz(f, &cohere.Dialect) }
