//go:build unix && !linux

package http1

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// peek reads what stays there, without waiting.
func peek(fd uintptr, b []byte) (n int, err error) {
	n, _, err = syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return n, err
}

// offer writes as much of both as a socket takes without waiting.
func offer(fd uintptr, head, body []byte) int {
	n, _ := unix.SendmsgBuffers(int(fd), [][]byte{head, body}, nil, nil, unix.MSG_DONTWAIT) // a failure will show again
	return max(n, 0)
}
