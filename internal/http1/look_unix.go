//go:build unix

package http1

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// offer writes as much of both as a socket takes without waiting.
func offer(fd uintptr, head, body []byte) int {
	n, _ := unix.SendmsgBuffers(int(fd), [][]byte{head, body}, nil, nil, unix.MSG_DONTWAIT) // a failure will show again
	return max(n, 0)
}

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
