//go:build !race

package overload_test

const slack = 1
