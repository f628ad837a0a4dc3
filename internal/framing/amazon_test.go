package framing_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/internal/framing"
)

// The vectors of wire formats, event stream vectors.
const (
	deltaFrame     = "0000009d00000057b9bbf89f0b3a6576656e742d74797065070011636f6e74656e74426c6f636b44656c74610d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b22636f6e74656e74426c6f636b496e646578223a302c2264656c7461223a7b2274657874223a224869227d2c2270223a226162227d8b38b268"
	exceptionFrame = "00000090000000618e91a9b70f3a657863657074696f6e2d7479706507001374" + "68726f74746c696e67457863657074696f6e0d3a636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d74797065070009657863657074696f6e7b226d657373616765223a22546f6f206d616e79207265717565737473227de67f8005"
	deltaData      = `{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"ab"}`
	exceptionData  = `{"message":"Too many requests"}`
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAmazonVectors(t *testing.T) {
	delta, exception := unhex(t, deltaFrame), unhex(t, exceptionFrame)
	if got := framing.AppendAmazonEvent(nil, "contentBlockDelta", []byte(deltaData)); !bytes.Equal(got, delta) {
		t.Errorf("event\n%x, want\n%x", got, delta)
	}
	if got := framing.AppendAmazonException(nil, "throttlingException", []byte(exceptionData)); !bytes.Equal(got, exception) {
		t.Errorf("exception\n%x, want\n%x", got, exception)
	}
	all := append(bytes.Clone(delta), exception...)
	for name, r := range map[string]io.Reader{"whole": bytes.NewReader(all), "by the byte": iotest.OneByteReader(bytes.NewReader(all)), "end with data": iotest.DataErrReader(bytes.NewReader(all))} {
		f := framing.Amazon.NewReader(r, 1<<10)
		ev, err := f.Next()
		if err != nil || ev.Name != "contentBlockDelta" || string(ev.Data) != deltaData || ev.Failed || !bytes.Equal(ev.Raw, delta) {
			t.Errorf("%s: %+v %v", name, ev, err)
		}
		if got, want := f.Buffered(), name != "by the byte"; got != want {
			t.Errorf("%s: buffered %v", name, got)
		}
		ev, err = f.Next()
		if err != nil || ev.Name != "throttlingException" || string(ev.Data) != exceptionData || !ev.Failed || !bytes.Equal(ev.Raw, exception) {
			t.Errorf("%s: %+v %v", name, ev, err)
		}
		if _, err = f.Next(); err != io.EOF || f.Buffered() {
			t.Errorf("%s: the end is %v", name, err)
		}
	}
}

func TestAmazonTorn(t *testing.T) {
	frame := unhex(t, deltaFrame)
	for cut := 1; cut < len(frame); cut++ {
		if _, err := framing.NewAmazonReader(bytes.NewReader(frame[:cut]), 1<<10).Next(); err != io.ErrUnexpectedEOF {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	broken := errors.New("reset")
	if _, err := framing.NewAmazonReader(io.MultiReader(bytes.NewReader(frame[:50]), iotest.ErrReader(broken)), 1<<10).Next(); !errors.Is(err, broken) {
		t.Errorf("the reader's own error became %v", err)
	}
}

func TestAmazonDamage(t *testing.T) {
	frame := unhex(t, deltaFrame)
	for at := range frame {
		bad := bytes.Clone(frame)
		bad[at] ^= 0x10
		if _, err := framing.NewAmazonReader(bytes.NewReader(bad), 1<<10).Next(); err == nil {
			t.Fatalf("a wrong bit in byte %d was not noticed", at)
		}
	}
	if _, err := framing.NewAmazonReader(strings.NewReader("data: this is text of another framing\n\n"), 1<<10).Next(); !errors.Is(err, framing.ErrDamaged) {
		t.Errorf("text: %v", err)
	}
}

func TestAmazonLimit(t *testing.T) {
	payload := bytes.Repeat([]byte("x"), 20<<10)
	frame := framing.AppendAmazonEvent(nil, "e", payload)
	ev, err := framing.NewAmazonReader(bytes.NewReader(frame), len(frame)).Next()
	if err != nil || !bytes.Equal(ev.Data, payload) {
		t.Errorf("%d bytes, %v", len(ev.Data), err)
	}
	if _, err := framing.NewAmazonReader(bytes.NewReader(frame), len(frame)-1).Next(); !errors.Is(err, framing.ErrTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

// FuzzAmazon: whatever comes, nothing panics, and where the bytes were cut
// changes nothing.
func FuzzAmazon(f *testing.F) {
	for _, s := range []string{deltaFrame, exceptionFrame, deltaFrame + exceptionFrame} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := framing.NewAmazonReader(bytes.NewReader(b), 1<<16)
		cut := framing.NewAmazonReader(iotest.OneByteReader(bytes.NewReader(b)), 1<<16)
		for {
			x, errX := whole.Next()
			y, errY := cut.Next()
			if errX != errY || !bytes.Equal(x.Raw, y.Raw) || !bytes.Equal(x.Data, y.Data) || x.Name != y.Name || x.Failed != y.Failed {
				t.Fatalf("%+v %v, in pieces %+v %v", x, errX, y, errY)
			}
			if errX != nil {
				return
			}
		}
	})
}

// TestAmazonHeaders: headers of every type are passed over, and an error, which
// has no payload, tells its message (AWS SDK developer guide, event stream
// encoding).
func TestAmazonHeaders(t *testing.T) {
	text := func(name, value string) string {
		return string(byte(len(name))) + name + "\x07" + string([]byte{byte(len(value) >> 8), byte(len(value))}) + value
	}
	others := "\x01a\x00" + "\x01b\x01" + "\x01c\x02x" + "\x01d\x03xx" + "\x01e\x04xxxx" + "\x01f\x05xxxxxxxx" +
		"\x01g\x06\x00\x03xxx" + "\x01h\x08xxxxxxxx" + "\x01i\x09xxxxxxxxxxxxxxxx"
	for _, c := range []struct{ headers, name, data string }{
		{text(":message-type", "error") + text(":error-code", "InternalError") + others + text(":error-message", "An internal error occurred"), "InternalError", "An internal error occurred"},
		{others + text(":message-type", "event") + text(":event-type", "x"), "x", ""},
		{text(":message-type", "event") + "\x01g\x06\x00\x03xx", "", "damaged"},
		{text(":message-type", "event") + "\x01g\x0a", "", "damaged"},
		{"\x05ab", "", "damaged"},
	} {
		ev, err := framing.NewAmazonReader(bytes.NewReader(sealed(c.headers)), 1<<10).Next()
		switch {
		case c.data == "damaged":
			if !errors.Is(err, framing.ErrDamaged) {
				t.Errorf("%q: %v", c.headers, err)
			}
		case err != nil || ev.Name != c.name || string(ev.Data) != c.data || ev.Failed != (c.data != ""):
			t.Errorf("%q: %+v %v", c.headers, ev, err)
		}
	}
}

// sealed is a frame without payload.
func sealed(headers string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(headers)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(headers)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	b = append(b, headers...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}
