package provider_test

import (
	"testing"

	"sluice/internal/jsonx"
)

// TestFill writes what a vendor demands: not over what the client wrote, and not
// where nobody said what.
func TestFill(t *testing.T) {
	for _, c := range []struct {
		model    string
		vars     map[string]string
		in, want string
	}{
		{"m", map[string]string{"watsonx_project_id": `a"b`}, `{"model_id":"m"}`, `{"model_id":"m","project_id":"a\"b"}`},
		{"m", nil, `{"model_id":"m","space_id":"s"}`, `{"model_id":"m","space_id":"s"}`},
		{"m", map[string]string{"watsonx_project_id": "p"}, `{"project_id":"own"}`, `{"project_id":"own"}`},
		{"deployment/d", map[string]string{"watsonx_project_id": "p"}, `{"model":"d","x":1}`, `{"x":1}`},
		{"deployment/d", nil, `{"x":1,"model_id":"d"}`, `{"x":1}`},
	} {
		o, err := jsonx.Parse([]byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		form, _ := find(t, "watsonx").For(c.vars, c.model)
		if err := form.Fill(&o, c.vars); err != nil || string(o.Bytes()) != c.want {
			t.Errorf("%s became %s, %v", c.in, o.Bytes(), err)
		}
	}
}
