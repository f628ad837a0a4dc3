package gemini

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// madeID is the id of a call that came without one: always the same for the
// same place in the same answer, and another for each place (vocabulary, ids).
func madeID(seed string, place int, name string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s", seed, place, name))
	return "call_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
}

// vendorID reports whether an id is of the vendor's own making. Those go back
// to it; others do not, for older hosts refuse the member.
func vendorID(id string) bool {
	if len(id) != 8 {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
