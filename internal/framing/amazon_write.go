package framing

import (
	"encoding/binary"
	"hash/crc32"
)

// AppendAmazonEvent writes an event of that type, with a payload of JSON.
func AppendAmazonEvent(dst []byte, name string, payload []byte) []byte {
	return appendAmazon(dst, eventType, name, "event", payload)
}

// AppendAmazonException writes a failure of that type, with a payload of JSON.
func AppendAmazonException(dst []byte, name string, payload []byte) []byte {
	return appendAmazon(dst, exceptionType, name, "exception", payload)
}

// appendAmazon writes a frame with its headers in the order AWS has them.
func appendAmazon(dst []byte, nameHeader, name, kind string, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, preludeSize)...)
	dst = appendHeader(dst, nameHeader, name)
	dst = appendHeader(dst, ":content-type", "application/json")
	dst = appendHeader(dst, messageType, kind)
	headers := len(dst) - start - preludeSize
	dst = append(dst, payload...)
	frame := dst[start:]
	binary.BigEndian.PutUint32(frame, uint32(len(frame)+sumSize))
	binary.BigEndian.PutUint32(frame[4:], uint32(headers))
	binary.BigEndian.PutUint32(frame[8:], crc32.ChecksumIEEE(frame[:8]))
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(frame))
}

func appendHeader(dst []byte, name, value string) []byte {
	dst = append(append(dst, byte(len(name))), name...)
	dst = binary.BigEndian.AppendUint16(append(dst, textHeader), uint16(len(value)))
	return append(dst, value...)
}
