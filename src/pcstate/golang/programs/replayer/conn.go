package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Sizes of bodies: 256 KiB is what Go 1.27 drains at most.
const (
	bodyWithin = 8 << 10
	bodyAbove  = 300 << 10
)

// A conn is both ends of a connection. What its server sends lies in it until the
// replay lets it through; Read and Write wait for that.
type conn struct {
	run    *run
	number int

	mu      sync.Mutex
	changed *sync.Cond
	closed  bool
	free    bool // nobody waits for the replay any more

	head, body []byte // sent, and not let through
	unsent     []byte // the half of the body that the server keeps back
	fin        bool   // the server has hung up
	ready      []byte // let through
	eof        bool   // the end is let through

	readers int    // inside Read, and waiting
	writers int    // inside Write, and waiting
	write   string // how the Write that waits may go on: all, nothing, part
}

func newConn(r *run, number int) *conn {
	c := &conn{run: r, number: number}
	c.changed = sync.NewCond(&c.mu)
	return c
}

func (c *conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readers++
	for !c.closed && len(c.ready) == 0 && !c.eof {
		if c.free && (len(c.head)+len(c.body) > 0 || c.fin) {
			c.pass(true, true, c.fin)
			continue
		}
		c.changed.Wait()
	}
	c.readers--
	if c.closed {
		return 0, net.ErrClosed
	}
	if len(c.ready) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// pass lets through what has been sent; the mutex is held.
func (c *conn) pass(head, body, eof bool) {
	if head {
		c.ready = append(c.ready, c.head...)
		c.head = nil
	}
	if body {
		c.ready = append(c.ready, c.body...)
		c.body = nil
	}
	c.eof = c.eof || eof
	c.changed.Broadcast()
}

func (c *conn) Write(p []byte) (int, error) {
	how, err := c.awaitWrite()
	switch {
	case err != nil:
		return 0, err
	case how == "nothing":
		return 0, syscall.ECONNRESET
	case how == "part":
		return 1, syscall.ECONNRESET
	}
	<-c.run.gates.arrive("wrote", c.number)
	return len(p), nil
}

func (c *conn) awaitWrite() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writers++
	for c.write == "" && !c.closed && !c.free {
		c.changed.Wait()
	}
	c.writers--
	how := c.write
	c.write = ""
	if how == "" && c.closed {
		return "", net.ErrClosed
	}
	return how, nil
}

func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.changed.Broadcast()
	return nil
}

// open lets the goroutine inside Read or Write go on, and says why it cannot.
func (c *conn) open(gate, passes string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gate == "write" {
		if c.writers == 0 {
			return "nobody is inside Write"
		}
		c.write = passes
		c.changed.Broadcast()
		return ""
	}
	if c.readers == 0 {
		return "nobody is inside Read"
	}
	if c.closed {
		return "the connection is closed"
	}
	c.pass(gate == "peek", gate == "body", passes == "eof")
	return ""
}

func (c *conn) letGo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = true
	c.changed.Broadcast()
}

// respond is the server's answer, or its first half.
func (c *conn) respond(s step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := map[string]int{"none": 0, "within": bodyWithin, "above": bodyAbove}[s.Body]
	keep := map[int]string{0: "close", 1: "keep-alive"}[s.Keep]
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: %s\r\nContent-Length: %d\r\n\r\n", keep, size)
	c.head = []byte(head)
	body := bytes.Repeat([]byte("x"), size)
	c.body, c.unsent = body, nil
	if s.Whole == 0 {
		c.body, c.unsent = body[:size/2], body[size/2:]
	}
}

func (c *conn) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.body = append(c.body, c.unsent...)
	c.unsent = nil
}

func (c *conn) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fin = true
	c.changed.Broadcast()
}

type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return strings.ToLower(string(a)) }

func (c *conn) LocalAddr() net.Addr              { return address("127.0.0.1:1") }
func (c *conn) RemoteAddr() net.Addr             { return address("127.0.0.1:80") }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
