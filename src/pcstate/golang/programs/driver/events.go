package main

import (
	"net/http/httptrace"
	"strings"
	"sync"
)

// An event is something that was seen while a scenario ran. The kinds are
//
//	begin, return            a step of a caller's program (its Step-th of a request)
//	abandon                  the cancel of a request from outside its caller, as a begin
//	stall, go-on, hang-up    what servers are told, as begins; hung-up: they have
//	closed                   `spawn close` has returned, in its own goroutine
//	get-conn ...             callbacks of httptrace; which goroutine calls them, see trace
//	rest                     nothing moves any more, and how much is there
//
// The log is one sequence, but not every order in it means something. What each
// goroutine writes is in that goroutine's order, without anything that it does
// missing between. A begin stands before the call has any effect, and every
// other event after what it tells of. So what is written before a begin has
// happened before the call; two events that goroutines write after something
// may stand in the wrong order, for either may have been overtaken in between.
// A rest comes when everything that has happened is written.
type event struct {
	Kind    string  `json:"kind"`
	Caller  *int    `json:"caller,omitempty"`
	Request *int    `json:"request,omitempty"` // of that caller, from 0
	Step    *int    `json:"step,omitempty"`
	Reused  *bool   `json:"reused,omitempty"`
	WasIdle *bool   `json:"was_idle,omitempty"`
	Error   string  `json:"error,omitempty"` // its class; none, if there is none
	Rest    *counts `json:"rest,omitempty"`
}

// An eventLog is written by all goroutines until the observation is over.
type eventLog struct {
	mu     sync.Mutex
	events []event
	ended  bool
}

func (l *eventLog) add(e event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.events = append(l.events, e)
	}
}

// end gives back what was seen; nothing is added any more.
func (l *eventLog) end() []event {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	return append([]event{}, l.events...)
}

// soFar is what was seen up to now.
func (l *eventLog) soFar() []event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events
}

// event is one of request i of the caller.
func (c *caller) event(kind string, i int) event {
	return event{Kind: kind, Caller: &c.number, Request: &i}
}

// step is one about a step of request i of the caller.
func (c *caller) step(kind string, i, n int, err error) event {
	e := c.event(kind, i)
	e.Step = &n
	if err != nil {
		e.Error = classOf(err)
	}
	return e
}

// trace has net/http report on request i. From Go 1.19 to 1.27 alike, getConn in
// the caller's goroutine calls GetConn (first of all) and GotConn; Request.write
// in writeLoop calls WroteRequest, when the request is in the connection's
// buffer and before it is flushed; readResponse in readLoop calls
// GotFirstResponseByte, when the request was received from reqch and before the
// head is read; and readLoop calls PutIdleConn, right after its own call of
// tryPutIdleConn (those of a dial and of a caller that gave up are not traced),
// unless keep-alives are disabled.
func (c *caller) trace(i int) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { c.run.log.add(c.event("get-conn", i)) },
		GotConn: func(info httptrace.GotConnInfo) {
			c.set(func() { c.requests[i].reused = info.Reused })
			e := c.event("got-conn", i)
			e.Reused, e.WasIdle = &info.Reused, &info.WasIdle
			c.run.log.add(e)
			c.run.moved()
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			e := c.event("wrote-request", i)
			if info.Err != nil {
				e.Error = classOf(info.Err)
			}
			c.run.log.add(e)
			c.run.moved()
		},
		GotFirstResponseByte: func() { c.run.log.add(c.event("got-first-response-byte", i)) },
		PutIdleConn: func(err error) {
			e := c.event("put-idle-conn", i)
			if err != nil {
				e.Error = notPut(err)
			}
			c.run.log.add(e)
		},
	}
}

// notPut names why a connection was not put into the pool.
func notPut(err error) string {
	for _, reason := range []struct{ text, class string }{
		{"bad state", "broken"},
		{"CloseIdleConnections was called", "closed-pool"},
		{"too many idle connections for host", "full"},
	} {
		if strings.Contains(err.Error(), reason.text) {
			return reason.class
		}
	}
	return "other"
}
