//go:build race

package abuse_test

func init() { raced = true }
