package all_test

import "testing"

// TestPlain plays a conversation with every format that knows only text: what is
// asked, what is lost, what is refused, and the answer whole and streamed.
func TestPlain(t *testing.T) { play(t, "testdata/plain/*.txtar") }
