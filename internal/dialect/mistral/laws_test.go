package mistral_test

import (
	"testing"

	"sluice/internal/dialect/dialecttest"
	"sluice/internal/dialect/mistral"
	"sluice/internal/dialect/openai"
)

func TestLaws(t *testing.T) { dialecttest.RunVariant(t, mistral.Of(&openai.Dialect)) }
