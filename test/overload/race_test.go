//go:build race

package overload_test

// slack is for the race detector, which remembers every access.
const slack = 3
