package http1

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// direct says that receive and send are to be used.
const direct = true

// receive reads from a socket without waiting: at the end of a stream, nothing.
func receive(fd uintptr, b []byte) (n int, err syscall.Errno) {
	return recvfrom(fd, b, unix.MSG_DONTWAIT)
}

// peek is receive, but that what it reads stays there.
func peek(fd uintptr, b []byte) (n int, err syscall.Errno) {
	return recvfrom(fd, b, unix.MSG_DONTWAIT|unix.MSG_PEEK)
}

func recvfrom(fd uintptr, b []byte, flags uintptr) (n int, err syscall.Errno) {
	r, _, err := unix.RawSyscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags, 0, 0) //nolint:gosec // as package syscall does it
	return int(r), err
}

// offer writes as much of both as a socket takes without waiting.
func offer(fd uintptr, head, body []byte) int {
	pieces := [...]unix.Iovec{{Base: unsafe.SliceData(head)}, {Base: unsafe.SliceData(body)}} //nolint:gosec // as package unix does it
	pieces[0].SetLen(len(head))
	pieces[1].SetLen(len(body))
	message := unix.Msghdr{Iov: &pieces[0]}
	message.SetIovlen(len(pieces))
	r, _, err := unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&message)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL) //nolint:gosec // as package unix does it
	if err == 0 {
		return int(r)
	}
	return 0 // a failure will show again
}

// send writes to a socket as much as it takes without waiting.
func send(fd uintptr, b []byte) (n int, err syscall.Errno) {
	r, _, err := unix.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0) //nolint:gosec // as package syscall does it
	return int(r), err
}
