//go:build !race

package abuse_test

const slack = 1
