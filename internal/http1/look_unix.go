//go:build unix

package http1

import (
	"syscall"
)

// look looks into a socket without waiting.
func look(fd uintptr) sight {
	var b [1]byte
	n, err := peek(fd, b[:])
	switch {
	case n > 0:
		return spoken
	case err == syscall.EAGAIN, err == syscall.EINTR:
		return silent
	}
	return over
}
