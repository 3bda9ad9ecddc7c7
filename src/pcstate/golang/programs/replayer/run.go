package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// pollEvery is the time between two looks at the goroutines.
	pollEvery = 100 * time.Microsecond
	// patience is how long it may take until nothing moves any more.
	patience = 3 * time.Second
)

// A run is a replay in progress.
type run struct {
	plan    *plan
	client  *http.Client
	gates   *gates
	callers []*caller
	began   time.Time

	mu      sync.Mutex
	conns   []*conn
	begun   map[int]int // by request: how many dials it has begun
	spare   int         // the next number of a connection that the plan does not know
	served  map[int]int // by request: the connection it was given last
	cancels map[int]context.CancelFunc
	calls   []*call
	free    bool // everybody is let go
}

func newRun(p *plan) *run {
	r := &run{plan: p, gates: newGates(), begun: map[int]int{}, served: map[int]int{}, cancels: map[int]context.CancelFunc{}}
	for _, numbers := range p.Dials {
		for _, number := range numbers {
			if number >= r.spare {
				r.spare = number + 1
			}
		}
	}
	r.client = &http.Client{Transport: &http.Transport{
		DialContext: r.dial, DisableCompression: true, MaxConnsPerHost: p.MaxConnsPerHost,
	}}
	for i := 0; i < p.Callers; i++ {
		r.callers = append(r.callers, newCaller(r, i))
	}
	return r
}

func (r *run) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// dial gives a conn, or the error of its context, when the replay says so. What
// is called with a context that is done has nothing but that error to give.
func (r *run) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	request, _ := ctx.Value(contextKey{}).(int)
	number := 0
	r.set(func() {
		planned := r.plan.Dials[strconv.Itoa(request)]
		if n := r.begun[request]; n < len(planned) {
			number = planned[n]
		} else {
			number = r.spare
			r.spare++
		}
		r.begun[request]++
	})
	dead := ctx.Err() != nil
	if how := <-r.gates.arrive("dial", number); (dead || how == "error") && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	c := newConn(r, number)
	r.set(func() {
		c.free = r.free
		r.conns = append(r.conns, c)
	})
	return c, nil
}

func (r *run) connOf(request int) (number int) {
	r.set(func() { number = r.served[request] })
	return number
}

func (r *run) conn(number int) (found *conn) {
	r.set(func() {
		for _, c := range r.conns {
			if c.number == number {
				found = c
			}
		}
	})
	return found
}

func (r *run) begin(who string, request int, name string) *call {
	made := &call{Who: who, Request: request, Name: name}
	r.set(func() { r.calls = append(r.calls, made) })
	return made
}

func (r *run) end(made *call, err error) {
	result := "ok"
	if err != nil {
		result = classOf(err)
	}
	r.set(func() { made.Result = result })
}

// closeBody is the other goroutine of `spawn close`.
func (r *run) closeBody(body io.Closer, request int) {
	<-r.gates.arrive("close-body", request)
	made := r.begin("closer "+strconv.Itoa(request), request, "Close")
	r.end(made, body.Close())
}

func (r *run) replay() report {
	answer := report{Sights: []sight{}, Calls: []*call{}}
	r.began = time.Now()
	r.awaitRest(false)
	for _, s := range r.plan.Steps {
		seen := sight{Began: r.since()}
		seen.Missed = r.do(s)
		_, found := r.awaitRest(false)
		seen.Done = r.since()
		r.look(&seen, found)
		answer.Sights = append(answer.Sights, seen)
	}
	r.gates.letGo()
	r.set(func() {
		r.free = true
		for _, c := range r.conns {
			c.letGo()
		}
	})
	answer.End.Began = r.since()
	rest, found := r.awaitRest(true)
	answer.End.Done = r.since()
	r.look(&answer.End, found)
	answer.AtRest = rest
	r.set(func() {
		for _, made := range r.calls {
			finished := *made
			answer.Calls = append(answer.Calls, &finished)
		}
	})
	return answer
}

func (r *run) since() int64 {
	return time.Since(r.began).Microseconds()
}

// do does one step and says why it cannot.
func (r *run) do(s step) string {
	if s.Does == "wait" {
		time.Sleep(time.Duration(s.MS) * time.Millisecond)
		r.awaitRest(true)
		return ""
	}
	switch s.Opens {
	case "":
	case "peek", "body", "write":
		if c := r.conn(s.Key); c != nil {
			return c.open(s.Opens, s.Passes)
		}
		return "there is no connection " + strconv.Itoa(s.Key)
	default:
		if !r.gates.open(s.Opens, s.Key, s.Passes) {
			return "nobody is at the gate " + s.Opens
		}
		return ""
	}
	switch s.Does {
	case "cancel":
		var cancel context.CancelFunc
		r.set(func() { cancel = r.cancels[s.Request] })
		if cancel == nil {
			return "there is no request " + strconv.Itoa(s.Request)
		}
		cancel()
		return ""
	case "respond", "rest", "hang up":
		c := r.conn(s.Conn)
		if c == nil {
			return "there is no connection " + strconv.Itoa(s.Conn)
		}
		switch s.Does {
		case "respond":
			c.respond(s)
		case "rest":
			c.rest()
		default:
			c.hangUp()
		}
		return ""
	}
	c := r.callers[s.Caller]
	switch s.Does {
	case "send":
		return c.send(s)
	case "read":
		return c.read()
	case "close":
		return c.close()
	case "spawn close":
		return c.spawnClose()
	case "close idle":
		return c.closeIdle()
	}
	return "the replayer does not know how to " + s.Does
}

// awaitRest waits until every goroutine is blocked, and says whether that came.
// The world is stopped for a look, and nothing outside of this process can wake
// anybody: only a clock of net/http's own can, which is waited for if asked.
func (r *run) awaitRest(clocks bool) (bool, []goroutine) {
	for end := time.Now().Add(patience); ; time.Sleep(pollEvery) {
		found := goroutines()
		rest := true
		for _, g := range found {
			rest = rest && !running[g.state] && !strings.HasPrefix(g.state, "GC ") && (!clocks || g.blocked())
		}
		if rest || time.Now().After(end) {
			return rest, found
		}
	}
}

// look writes down what is there.
func (r *run) look(seen *sight, found []goroutine) {
	seen.Goroutines, seen.Errors = []left{}, []failed{}
	for _, g := range found {
		seen.Goroutines = append(seen.Goroutines, left{g.state, g.frames})
	}
	r.set(func() {
		seen.Dials = len(r.conns)
		first := map[int]string{}
		for _, made := range r.calls {
			if made.Result != "" && made.Result != "ok" && made.Request >= 0 && first[made.Request] == "" && made.Name != "Close" {
				first[made.Request] = made.Result
			}
		}
		for request, class := range first {
			seen.Errors = append(seen.Errors, failed{request, class})
		}
	})
	sort.Slice(seen.Errors, func(a, b int) bool { return seen.Errors[a].Request < seen.Errors[b].Request })
}
