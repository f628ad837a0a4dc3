package embedding

import (
	"strconv"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// matrix reads an answer that is a list of vectors and nothing else. Models that
// were not made for whole texts give one for each token; their middle stands for
// the text (wire formats, Hugging Face).
func matrix(body []byte) (*llm.Vectors, error) {
	if jsonx.Check(body) != nil || jsonx.KindOf(body) != jsonx.Array {
		return nil, dialect.Invalid("the provider's answer is no list", nil)
	}
	if jsonx.KindOf(jsonx.At(body, "0")) == jsonx.Number {
		return &llm.Vectors{Values: []jsonx.Value{body}}, nil
	}
	v := &llm.Vectors{}
	for item := range jsonx.Elements(body) {
		if jsonx.KindOf(jsonx.At(item, "0")) == jsonx.Array {
			item = middle(item)
		}
		if jsonx.KindOf(jsonx.At(item, "0")) != jsonx.Number {
			return nil, dialect.Invalid("the provider's answer has a vector that is no list of numbers", nil)
		}
		v.Values = append(v.Values, item)
	}
	if len(v.Values) == 0 {
		return nil, dialect.Invalid("the provider's answer has no vectors", nil)
	}
	return v, nil
}

// middle is the mean of vectors, nil if they have not the same length.
func middle(vectors jsonx.Value) jsonx.Value {
	var sums []float64
	rows := 0
	for row := range jsonx.Elements(vectors) {
		i := 0
		for number := range jsonx.Elements(row) {
			f, ok := jsonx.Float(number)
			if rows == 0 {
				sums = append(sums, 0)
			}
			if !ok || i >= len(sums) {
				return nil
			}
			sums[i] += f
			i++
		}
		if i != len(sums) {
			return nil
		}
		rows++
	}
	var list dialect.List
	for _, sum := range sums {
		list.Add(strconv.AppendFloat(nil, sum/float64(rows), 'g', -1, 64))
	}
	return list.Array()
}
