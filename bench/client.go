package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// client is one connection that asks the same over and over.
type client struct {
	addr    string
	request []byte
	words   int // that a stream must have; 0 for a plain answer
	conn    net.Conn
	in      *bufio.Reader
	buf     []byte
}

// patience is the time an exchange may take, a long stream included.
const patience = 10 * time.Minute

func (c *client) dial(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// ask sends the request and checks the answer to its end. After an error the
// next one uses a new connection.
func (c *client) ask(ctx context.Context) error {
	if c.conn == nil {
		if err := c.dial(ctx); err != nil {
			return err
		}
	}
	over, err := c.exchange()
	if err != nil || over {
		c.close()
	}
	return err
}

func (c *client) exchange() (over bool, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return true, err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return true, err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return true, err
	}
	defer func() { _ = answer.Body.Close() }()
	words, err := c.count(answer.Body)
	switch {
	case err != nil:
		return true, err
	case answer.StatusCode != http.StatusOK:
		return true, errors.New(answer.Status)
	case words != max(c.words, 1):
		return true, fmt.Errorf("%d words instead of %d", words, max(c.words, 1))
	}
	return answer.Close, nil
}

// count counts the words of a body, whatever its pieces.
func (c *client) count(body io.Reader) (words int, err error) {
	if c.buf == nil {
		c.buf = make([]byte, 16<<10)
	}
	kept := 0 // bytes at the end of a piece that may begin a word
	for {
		n, err := body.Read(c.buf[kept:])
		have := c.buf[:kept+n]
		words += bytes.Count(have, []byte(word))
		kept = copy(c.buf, have[max(0, len(have)-len(word)+1):])
		if err == io.EOF {
			return words, nil
		}
		if err != nil {
			return words, err
		}
	}
}
