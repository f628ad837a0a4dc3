//go:build race

package http1

import "syscall"

// The race detector takes what one goroutine writes to a socket, and another reads
// from one, for an order between them, and looks after the memory. Package syscall
// tells it of the order, also when there is nothing to read or nowhere to write.

// publish comes before memory is sent.
func publish(pieces ...[]byte) {
	_, _ = syscall.Write(-1, nil)
	for _, b := range pieces {
		touch(b)
	}
}

// observe comes behind what was received into memory.
func observe(fd uintptr, b []byte) {
	_, _ = syscall.Read(int(fd), nil)
	for i := 0; i < len(b); i += 8 {
		b[i] |= 0
	}
}

func touch(b []byte) (sum byte) {
	for i := 0; i < len(b); i += 8 {
		sum += b[i]
	}
	return sum
}
