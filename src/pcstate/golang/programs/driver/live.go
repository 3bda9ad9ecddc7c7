package main

import (
	"encoding/json"
	"time"
)

// A live scenario has one caller, whose steps are told one by one, a command a
// line; each is answered with a line. Its program says how many requests there
// may be, and to which hosts. The steps of a program wait for each other, and so
// do these: one that does not return, although nothing moves any more, leaves
// the caller busy, and commands are not taken until it has.
//
//	{"step": "get"}         a step of the program; "get", "head" and "post" make the next request
//	{"step": "abandon"}     the cancel of its request, from another goroutine: also when it is busy
//	{"step": "stall"}       responses stop in the middle from now on, until
//	{"step": "go-on"}       they go on, and later ones are whole
//	{"step": "hang-up"}     the servers cut all their connections, when nothing moves any more
//	{"step": "end"}         the end: answered with the observation
type command struct {
	Step string `json:"step"`
}

// A report answers a command.
type report struct {
	Events  []event `json:"events"` // what was seen since the last one
	Busy    bool    `json:"busy"`
	Failure string  `json:"failure,omitempty"`
}

// promptly is how long a step may take before somebody looks whether anything
// still moves.
const promptly = 20 * time.Millisecond

// converse takes commands until the end.
func (r *run) converse(next func() ([]byte, error), say func(any) error) (observation, error) {
	c := r.callers[0]
	steps, done := make(chan step), make(chan struct{}, 1)
	defer close(steps)
	go c.obey(steps, done)
	busy, told, limit := false, 0, time.Duration(r.scenario.DeadlineMS)*time.Millisecond
	await := func() {
		for busy {
			select {
			case <-done:
				busy = false
				return
			case <-time.After(promptly):
			}
			if _, rest := r.settled(time.Now().Add(limit)); !rest || !r.resume() {
				select {
				case <-done:
					busy = false
				default:
				}
				return
			}
		}
	}
	for {
		line, err := next()
		if err != nil {
			return observation{}, err
		}
		answer := report{}
		var order command
		if err := json.Unmarshal(line, &order); err != nil {
			return observation{}, err
		}
		s, unknown := parseStep(order.Step)
		switch {
		case order.Step == "end":
			o := r.picture(r.settled(time.Now().Add(limit)))
			o.Events = o.Events[told:]
			return o, nil
		case order.Step == "abandon":
			c.abandon()
		case order.Step == "stall" || order.Step == "go-on":
			r.log.add(event{Kind: order.Step})
			for _, s := range r.servers {
				s.stallFrom(order.Step == "stall")
			}
		case order.Step == "hang-up":
			if _, rest := r.settled(time.Now().Add(limit)); !rest {
				answer.Failure = "no rest"
				break
			}
			r.log.add(event{Kind: "hang-up"})
			for _, s := range r.servers {
				s.hangUp()
			}
			r.log.add(event{Kind: "hung-up"})
		case unknown != nil:
			answer.Failure = unknown.Error()
		case busy || s.begins() && c.begun() == len(c.requests) || !s.begins() && c.begun() == 0:
			answer.Failure = "not now: " + order.Step
		default:
			busy = true
			steps <- s
		}
		await()
		all := r.log.soFar()
		answer.Events, answer.Busy, told = append([]event{}, all[told:]...), busy, len(all)
		if err := say(answer); err != nil {
			return observation{}, err
		}
	}
}

// obey takes each step that it is told, and says when it has returned.
func (c *caller) obey(steps <-chan step, done chan<- struct{}) {
	n := 0
	for s := range steps {
		if s.begins() {
			c.set(func() { c.current++ })
			n = 0
		}
		c.take(c.begun()-1, n, s)
		n++
		done <- struct{}{}
	}
	c.set(func() { c.finished = true })
}

// begun is how many requests the caller has made.
func (c *caller) begun() (n int) {
	c.set(func() { n = c.current + 1 })
	return n
}

// abandon cancels the request that the caller is at, from outside.
func (c *caller) abandon() {
	i := c.begun() - 1
	if i < 0 {
		return
	}
	var cancel func()
	c.set(func() { cancel = c.requests[i].cancel })
	if cancel != nil {
		c.run.log.add(c.event("abandon", i))
		cancel()
	}
}
