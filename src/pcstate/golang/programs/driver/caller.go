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
	number  int
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
	asked    int64 // bytes of the body that its reads ask for, whether they came or not
	reused   bool  // of the connection that served it, the last one if it was retried
	failure  string
}

func newCaller(r *run, number int, program callerProgram) *caller {
	return &caller{run: r, number: number, program: program, proceed: make(chan struct{}), requests: make([]request, program.Requests)}
}

func (c *caller) perform() {
	for i := range c.requests {
		c.set(func() { c.current = i })
		for n, s := range c.program.steps {
			if c.run.ctx.Err() != nil {
				return // the observation is over
			}
			c.take(i, n, s)
		}
	}
	c.set(func() { c.finished = true })
	c.run.moves.Add(1)
}

// take takes a step, the n-th of request i, and tells of it.
func (c *caller) take(i, n int, s step) {
	c.run.moves.Add(1)
	c.run.log.add(c.step("begin", i, n, nil))
	err := c.do(i, s)
	c.run.log.add(c.step("return", i, n, err))
}

// set changes what the observer may be looking at.
func (c *caller) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// do takes one step, and returns its error.
func (c *caller) do(i int, s step) error {
	r := &c.requests[i]
	switch s.verb {
	case "get", "head", "post":
		return c.send(i, r, strings.ToUpper(s.verb))
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
		return nil
	}
	size := c.run.scenario.Server.Bytes
	switch s.verb {
	case "read-all":
		r.asked = size
		_, err := io.Copy(io.Discard, r.response.Body)
		return c.note(r, err)
	case "read":
		return c.readUpTo(r, s.amount)
	case "read-exact":
		if c.run.scenario.Server.Body != "none" {
			return c.readUpTo(r, size-r.asked)
		}
	case "close":
		return r.response.Body.Close()
	case "spawn close":
		c.set(func() { c.closing++ })
		go c.closeBody(i, r.response)
	}
	return nil
}

// readUpTo reads no byte beyond n, and so perhaps not the end of the body; that
// the body ends before is no failure.
func (c *caller) readUpTo(r *request, n int64) error {
	if r.asked += n; r.asked > c.run.scenario.Server.Bytes {
		r.asked = c.run.scenario.Server.Bytes
	}
	_, err := io.CopyN(io.Discard, r.response.Body, n)
	if err == io.EOF {
		err = nil
	}
	return c.note(r, err)
}

// closeBody closes a body beside its caller; that of a response that has none is
// nothing to tell of.
func (c *caller) closeBody(i int, response *http.Response) {
	err := response.Body.Close()
	if response.Request.Method != "HEAD" && response.ContentLength != 0 {
		e := c.event("closed", i)
		if err != nil {
			e.Error = classOf(err)
		}
		c.run.log.add(e)
	}
	c.set(func() { c.closing-- })
	c.run.moves.Add(1)
}

// note keeps the first error of a request, and returns this one.
func (c *caller) note(r *request, err error) error {
	if err != nil {
		c.set(func() {
			if r.failure == "" {
				r.failure = classOf(err)
			}
		})
	}
	return err
}

func (c *caller) send(i int, r *request, method string) error {
	ctx, cancel := context.WithCancel(c.run.ctx)
	c.set(func() { r.cancel = cancel })
	ctx = httptrace.WithClientTrace(ctx, c.trace(i))
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
	return c.note(r, err)
}
