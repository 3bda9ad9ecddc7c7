package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// idleClose is how long a close-while-idle server keeps a connection after it
// has written the last byte of a response, unless another request comes first.
const idleClose = 50 * time.Millisecond

// chunkSize is the size of the chunks of a chunked body, but for the last.
const chunkSize = 8 << 10

// A server is one host. It speaks just enough HTTP/1.1 on a bare socket to do
// exactly what its script says; net/http's own server would tidy up after us.
//
//	normal                answers every request
//	close-after-response  says keep-alive, closes right after the last byte
//	close-while-idle      says keep-alive, closes idleClose after the last byte
//	stall-head            reads the request and never answers
//	stall-body            sends the head and half of the body, then nothing
//	truncate-body         sends the head and half of the body, then closes
//	drop-request          reads the request and closes
//	any                   normal, until it is told otherwise (live.go)
//
// A response without a body (none, of length 0, or to HEAD) cannot be cut in half: stall-body
// is normal for it, and truncate-body is close-after-response.
//
// All its goroutines have a method of *server on their stack, by which the count
// of goroutines tells them from the client's.
type server struct {
	script   serverScript
	listener net.Listener
	moves    *atomic.Int64 // goes up whenever a server has done something
	timers   *atomic.Int64 // connections that will be closed after idleClose

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
	goOn   chan struct{} // not nil: responses stop in the middle until it is closed
}

func newServer(script serverScript, moves, timers *atomic.Int64) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{script: script, listener: listener, moves: moves, timers: timers, conns: map[net.Conn]bool{}}
	go s.accept()
	return s, nil
}

func (s *server) url() string {
	return "http://" + s.listener.Addr().String() + "/"
}

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.moves.Add(1)
		s.mu.Lock()
		s.conns[conn] = true
		closed := s.closed
		s.mu.Unlock()
		if closed {
			conn.Close()
		}
		go s.serve(conn)
	}
}

// close ends the server and cuts all its connections.
func (s *server) close() {
	s.listener.Close()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.hangUp()
}

// hangUp cuts all connections; responses that have stopped go on no more.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goOn = nil
	for conn := range s.conns {
		conn.Close()
	}
	s.moves.Add(1)
}

// stallFrom makes the responses from now on stop in the middle, or lets those
// that have go on, and later ones be whole.
func (s *server) stallFrom(now bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.goOn != nil {
		close(s.goOn)
		s.goOn = nil
	}
	if now {
		s.goOn = make(chan struct{})
	}
	s.moves.Add(1)
}

// stalled is what to wait for in the middle of a response, nil for nothing.
func (s *server) stalled() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.goOn
}

// pause waits until the response may go on, and says whether the client is there
// to have the rest.
func (s *server) pause(conn net.Conn, in *bufio.Reader, goOn chan struct{}) bool {
	lost := make(chan error, 1)
	go s.watch(in, lost)
	select {
	case <-lost:
		return false
	case <-goOn:
	}
	conn.SetReadDeadline(time.Now())
	err, timeout := (<-lost).(net.Error)
	conn.SetReadDeadline(time.Time{})
	return timeout && err.Timeout()
}

func (s *server) watch(in *bufio.Reader, lost chan<- error) {
	_, err := in.Peek(1)
	lost <- err
}

func (s *server) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		s.moves.Add(1)
	}()
	in := bufio.NewReader(conn)
	for {
		method, err := readRequest(in)
		if err != nil {
			return
		}
		s.moves.Add(1)
		switch s.script.Behaviour {
		case "drop-request":
			return
		case "stall-head":
			s.stall(in)
			return
		}
		if !s.respond(conn, in, method) {
			return
		}
		s.moves.Add(1)
		if s.script.Behaviour == "close-while-idle" && !s.awaitRequest(conn, in) {
			return
		}
	}
}

// stall does nothing until the client closes the connection.
func (s *server) stall(in *bufio.Reader) {
	io.Copy(io.Discard, in)
}

// awaitRequest says whether another request comes within idleClose.
func (s *server) awaitRequest(conn net.Conn, in *bufio.Reader) bool {
	s.timers.Add(1)
	defer s.timers.Add(-1)
	conn.SetReadDeadline(time.Now().Add(idleClose))
	_, err := in.Peek(1)
	conn.SetReadDeadline(time.Time{})
	return err == nil
}

// respond answers one request and says whether the connection stays open.
func (s *server) respond(conn net.Conn, in *bufio.Reader, method string) bool {
	kind := s.script.Body
	hasBody := method != "HEAD" && kind != "none" && (kind != "length" || s.script.Bytes > 0)
	size := s.script.Bytes
	goOn := s.stalled()
	half := hasBody && (s.script.Behaviour == "stall-body" || s.script.Behaviour == "truncate-body" || goOn != nil)
	if half {
		size /= 2
	}
	out := bufio.NewWriterSize(conn, 32<<10)
	s.writeHead(out)
	if hasBody {
		s.writeBody(out, kind == "chunked", size, !half)
	}
	if out.Flush() != nil {
		return false
	}
	if half && goOn != nil {
		s.moves.Add(1)
		if !s.pause(conn, in, goOn) {
			return false
		}
		s.writeBody(out, kind == "chunked", s.script.Bytes-size, true)
		if out.Flush() != nil {
			return false
		}
	}
	if half && s.script.Behaviour == "stall-body" {
		s.stall(in)
		return false
	}
	switch s.script.Behaviour {
	case "truncate-body", "close-after-response":
		return false
	}
	return s.script.Connection == "keep-alive" && !(hasBody && kind == "until-close")
}

func (s *server) writeHead(out *bufio.Writer) {
	fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: %s\r\n", s.script.Connection)
	switch s.script.Body {
	case "none":
		out.WriteString("Content-Length: 0\r\n")
	case "length":
		fmt.Fprintf(out, "Content-Length: %d\r\n", s.script.Bytes)
	case "chunked":
		out.WriteString("Transfer-Encoding: chunked\r\n")
	}
	out.WriteString("\r\n")
}

// writeBody writes size bytes, and the mark of a chunked body's end if whole. As
// long as somebody takes them nothing is at rest, whoever waits at the moment.
func (s *server) writeBody(out *bufio.Writer, chunked bool, size int64, whole bool) {
	block := []byte(strings.Repeat("x", chunkSize))
	for size > 0 {
		n := int64(len(block))
		if size < n {
			n = size
		}
		size -= n
		if chunked {
			fmt.Fprintf(out, "%x\r\n", n)
		}
		if _, err := out.Write(block[:n]); err != nil {
			return
		}
		s.moves.Add(1)
		if chunked {
			out.WriteString("\r\n")
		}
	}
	if chunked && whole {
		out.WriteString("0\r\n\r\n")
	}
}

// readRequest reads one request with its body and returns its method.
func readRequest(in *bufio.Reader) (method string, err error) {
	length := int64(0)
	for first := true; ; first = false {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		line = strings.TrimRight(line, "\r\n")
		if first {
			method, _, _ = strings.Cut(line, " ")
			continue
		}
		if line == "" {
			_, err = io.CopyN(io.Discard, in, length)
			return method, err
		}
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil {
				return "", err
			}
		}
	}
}
