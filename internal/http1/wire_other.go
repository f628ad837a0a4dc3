//go:build !linux

package http1

import "syscall"

// direct says that receive and send are to be used.
const direct = false

func receive(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.EINVAL }

func send(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.EINVAL }
