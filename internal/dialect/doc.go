// Package dialect says what a wire format is. Each one lives in a folder of
// its own with both its halves, dialect/all lists them, dialect/dialecttest
// judges them. It must not know providers, URLs or credentials. Start with
// Dialect.
package dialect
