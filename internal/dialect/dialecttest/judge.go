package dialecttest

import "fmt"

// T is what the laws need of a test. *testing.T is one; Judge is one that only
// takes notes.
type T interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Judge notes what fails.
type Judge struct{ Faults []string }

// over is how a Judge leaves what cannot go on.
type over struct{}

// Helper does nothing: there are no line numbers to be right.
func (j *Judge) Helper() {}

// Error notes a fault.
func (j *Judge) Error(args ...any) { j.Faults = append(j.Faults, fmt.Sprint(args...)) }

// Errorf notes a fault.
func (j *Judge) Errorf(format string, args ...any) { j.Error(fmt.Sprintf(format, args...)) }

// Fatal notes a fault and ends what Try began.
func (j *Judge) Fatal(args ...any) {
	j.Error(args...)
	panic(over{})
}

// Fatalf notes a fault and ends what Try began.
func (j *Judge) Fatalf(format string, args ...any) { j.Fatal(fmt.Sprintf(format, args...)) }

// Try lets a law judge and reports whether it was kept.
func (j *Judge) Try(law func(T)) bool {
	before := len(j.Faults)
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(over{}) {
				panic(r)
			}
		}()
		law(j)
	}()
	return len(j.Faults) == before
}
