package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
)

// A caller is one goroutine of the user's. It does what it is told, one call at a
// time.
type caller struct {
	run    *run
	number int
	tasks  chan func()

	mu       sync.Mutex
	inside   string // the call that has not returned
	request  int
	response *http.Response
}

func newCaller(r *run, number int) *caller {
	c := &caller{run: r, number: number, tasks: make(chan func(), 1)}
	go c.perform()
	return c
}

func (c *caller) perform() {
	for task := range c.tasks {
		task()
		c.mu.Lock()
		c.inside = ""
		c.mu.Unlock()
	}
}

// tell has the goroutine make a call; it says which one it is still inside of.
func (c *caller) tell(name string, task func()) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inside != "" {
		return "the caller is still inside " + c.inside
	}
	c.inside = name
	c.tasks <- task
	return ""
}

func (c *caller) body() io.ReadCloser {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.response == nil {
		return http.NoBody
	}
	return c.response.Body
}

type contextKey struct{}

func (c *caller) send(s step) string {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), contextKey{}, s.Request))
	c.run.set(func() { c.run.cancels[s.Request] = cancel })
	ctx = httptrace.WithClientTrace(ctx, c.hooks(s.Request))
	url := "http://host-" + strconv.Itoa(s.Host) + ".test/"
	var body io.Reader
	if s.Method == "post" {
		body = strings.NewReader("x")
	}
	req, err := http.NewRequestWithContext(ctx, strings.ToUpper(s.Method), url, body)
	if err != nil {
		return err.Error()
	}
	return c.tell("Do", func() {
		c.mu.Lock()
		c.request, c.response = s.Request, nil
		c.mu.Unlock()
		<-c.run.gates.arrive("do", c.number)
		made := c.run.begin("caller "+strconv.Itoa(c.number), s.Request, "Do")
		response, err := c.run.client.Do(req)
		c.mu.Lock()
		c.response = response
		c.mu.Unlock()
		c.run.end(made, err)
	})
}

func (c *caller) hooks(request int) *httptrace.ClientTrace {
	gates := c.run.gates
	return &httptrace.ClientTrace{
		GetConn: func(string) { <-gates.arrive("get-conn", c.number) },
		GotConn: func(info httptrace.GotConnInfo) {
			if on, ok := info.Conn.(*conn); ok {
				c.run.set(func() { c.run.served[request] = on.number })
			}
			<-gates.arrive("got-conn", c.number)
		},
		GotFirstResponseByte: func() { <-gates.arrive("head", c.run.connOf(request)) },
		PutIdleConn:          func(error) { <-gates.arrive("put", c.run.connOf(request)) },
	}
}

func (c *caller) read() string {
	body, request := c.body(), c.current()
	return c.tell("Read", func() {
		made := c.run.begin("caller "+strconv.Itoa(c.number), request, "Read")
		_, err := io.Copy(io.Discard, body)
		c.run.end(made, err)
	})
}

func (c *caller) close() string {
	body, request := c.body(), c.current()
	return c.tell("Close", func() {
		made := c.run.begin("caller "+strconv.Itoa(c.number), request, "Close")
		c.run.end(made, body.Close())
	})
}

func (c *caller) closeIdle() string {
	return c.tell("CloseIdleConnections", func() {
		made := c.run.begin("caller "+strconv.Itoa(c.number), -1, "CloseIdleConnections")
		c.run.client.CloseIdleConnections()
		c.run.end(made, nil)
	})
}

// spawnClose has another goroutine close the body.
func (c *caller) spawnClose() string {
	body, request := c.body(), c.current()
	go c.run.closeBody(body, request)
	return ""
}

func (c *caller) current() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.request
}
