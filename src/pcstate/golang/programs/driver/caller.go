package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
)

// A caller is one client goroutine. Its requests follow one another; a body that
// is neither read nor closed is left as it is.
//
// All its goroutines have a method of *caller on their stack.
type caller struct {
	run     *run
	program callerProgram
	proceed chan struct{} // one value ends a settle

	mu       sync.Mutex
	requests []request
	current  int // the request it is at
	finished bool
	settling bool
	closing  int // goroutines that `spawn close` started and that have not ended
}

// A request is what is known of one request of a caller.
type request struct {
	cancel   context.CancelFunc
	response *http.Response
	read     int64 // bytes of the body
	reused   bool  // of the connection that served it, the last one if it was retried
	failure  string
}

func newCaller(r *run, program callerProgram) *caller {
	return &caller{run: r, program: program, proceed: make(chan struct{}), requests: make([]request, program.Requests)}
}

func (c *caller) perform() {
	for i := range c.requests {
		c.set(func() { c.current = i })
		for _, s := range c.program.steps {
			if c.run.ctx.Err() != nil {
				return // the observation is over
			}
			c.run.moves.Add(1)
			c.do(i, s)
		}
	}
	c.set(func() { c.finished = true })
	c.run.moves.Add(1)
}

// set changes what the observer may be looking at.
func (c *caller) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

func (c *caller) do(i int, s step) {
	r := &c.requests[i]
	switch s.verb {
	case "get", "head", "post":
		c.send(i, r, strings.ToUpper(s.verb))
	case "cancel":
		if r.cancel != nil {
			r.cancel()
		}
	case "settle":
		c.set(func() { c.settling = true })
		select {
		case <-c.proceed:
		case <-c.run.ctx.Done():
		}
	case "close-idle":
		c.run.client.CloseIdleConnections()
	}
	if r.response == nil {
		return
	}
	switch s.verb {
	case "read-all":
		n, err := io.Copy(io.Discard, r.response.Body)
		c.note(r, n, err)
	case "read":
		c.readUpTo(r, s.amount)
	case "read-exact":
		if c.run.scenario.Server.Body != "none" {
			c.readUpTo(r, c.run.scenario.Server.Bytes-r.read)
		}
	case "close":
		r.response.Body.Close()
	case "spawn close":
		c.set(func() { c.closing++ })
		go c.closeBody(r.response.Body)
	}
}

// readUpTo reads no byte beyond n, and so perhaps not the end of the body; that
// the body ends before is no failure.
func (c *caller) readUpTo(r *request, n int64) {
	got, err := io.CopyN(io.Discard, r.response.Body, n)
	if err == io.EOF {
		err = nil
	}
	c.note(r, got, err)
}

func (c *caller) closeBody(body io.Closer) {
	body.Close()
	c.set(func() { c.closing-- })
	c.run.moves.Add(1)
}

// note keeps the first error of a request.
func (c *caller) note(r *request, n int64, err error) {
	r.read += n
	if err != nil {
		c.set(func() {
			if r.failure == "" {
				r.failure = classOf(err)
			}
		})
	}
}

func (c *caller) send(i int, r *request, method string) {
	ctx, cancel := context.WithCancel(c.run.ctx)
	r.cancel = cancel
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			c.set(func() { r.reused = info.Reused })
			c.run.moved()
		},
		WroteRequest: func(httptrace.WroteRequestInfo) { c.run.moved() },
	})
	var body io.Reader
	if method == "POST" {
		body = strings.NewReader("x")
	}
	host := c.program.Hosts[i%len(c.program.Hosts)]
	req, err := http.NewRequestWithContext(ctx, method, c.run.servers[host].url(), body)
	if err == nil {
		c.run.moved()
		r.response, err = c.run.client.Do(req)
	}
	c.note(r, 0, err)
}
