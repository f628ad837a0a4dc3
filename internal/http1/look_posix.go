//go:build unix && !linux

package http1

import "syscall"

func peek(fd uintptr, b []byte) (n int, err error) {
	n, _, err = syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return n, err
}
