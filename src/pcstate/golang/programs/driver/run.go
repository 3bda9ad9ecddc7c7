package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// pollEvery is the time between two looks at the goroutines. A look comes
	// after a sleep, in which the scheduler polls the network.
	pollEvery = 6 * time.Millisecond
	// quietPolls is how many looks must agree, after the first, before it is rest.
	quietPolls = 5
	// timerSlack is how long after its time a timer of the scenario is given up.
	timerSlack = 100 * time.Millisecond
	// cleanUpTime is how long the end of all goroutines of a scenario may take,
	// and hopelessPolls after how many equal looks, 1 ms apart, it will not come.
	cleanUpTime   = 3 * time.Second
	hopelessPolls = 50
)

// A run is one scenario in progress.
type run struct {
	scenario *scenario
	ctx      context.Context // of all requests; ends with the observation
	stop     context.CancelFunc
	client   *http.Client
	servers  map[int]*server
	callers  []*caller

	moves  atomic.Int64 // goes up with every step of a caller or a server
	timers atomic.Int64 // servers' timers that are pending
	dials  atomic.Int64
	began  time.Time
	latest atomic.Int64 // when a request last got on, after began, in ns
	log    eventLog

	mu    sync.Mutex
	conns []net.Conn // all that the Transport dialled
}

func newRun(s *scenario) (*run, error) {
	r := &run{scenario: s, servers: map[int]*server{}, began: time.Now()}
	for _, program := range s.Callers {
		for _, host := range program.Hosts {
			if r.servers[host] != nil {
				continue
			}
			server, err := newServer(s.Server, &r.moves, &r.timers)
			if err != nil {
				r.closeServers()
				return nil, err
			}
			r.servers[host] = server
		}
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	f := s.Transport
	r.client = &http.Client{
		Timeout: time.Duration(f.Timeout),
		Transport: &http.Transport{
			DialContext:           r.dial,
			MaxIdleConns:          f.MaxIdleConns,
			MaxIdleConnsPerHost:   f.MaxIdleConnsPerHost,
			MaxConnsPerHost:       f.MaxConnsPerHost,
			DisableKeepAlives:     f.DisableKeepAlives,
			DisableCompression:    f.DisableCompression,
			ForceAttemptHTTP2:     f.ForceAttemptHTTP2,
			IdleConnTimeout:       time.Duration(f.IdleConnTimeout),
			ResponseHeaderTimeout: time.Duration(f.ResponseHeaderTimeout),
			ExpectContinueTimeout: time.Duration(f.ExpectContinueTimeout),
			TLSHandshakeTimeout:   time.Duration(f.TLSHandshakeTimeout),
		},
	}
	for _, program := range s.Callers {
		c := newCaller(r, len(r.callers), program)
		if s.Live {
			c.current = -1 // it has not begun any
		}
		r.callers = append(r.callers, c)
	}
	return r, nil
}

func (r *run) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err == nil {
		r.dials.Add(1)
		r.mu.Lock()
		r.conns = append(r.conns, conn)
		r.mu.Unlock()
	}
	r.moves.Add(1)
	return conn, err
}

// moved notes that a request got on, so that its timers began anew.
func (r *run) moved() {
	r.moves.Add(1)
	r.latest.Store(int64(time.Since(r.began)))
}

// observe runs the callers, side by side, until nothing moves any more.
func (r *run) observe() observation {
	for _, c := range r.callers {
		go c.perform()
	}
	deadline := r.began.Add(time.Duration(r.scenario.DeadlineMS) * time.Millisecond)
	for {
		seen, rest := r.settled(deadline)
		if !rest || !r.resume() {
			return r.picture(seen, rest)
		}
	}
}

// settled awaits rest, and tells of it.
func (r *run) settled(deadline time.Time) (census, bool) {
	seen, rest := r.awaitRest(deadline)
	if rest {
		found := r.count(seen)
		r.log.add(event{Kind: "rest", Rest: &found})
	}
	return seen, rest
}

// awaitRest looks at the goroutines until quietPolls looks in a row have found
// all of them blocked, the same, and nobody with a timer to wake them. The
// callers in a settle are blocked like others: it is what they wait for.
//
// IdleConnTimeout is no such timer: the picture is taken before it fires.
func (r *run) awaitRest(deadline time.Time) (census, bool) {
	before := census{text: "nothing"}
	moves, same := int64(-1), 0
	for {
		time.Sleep(pollEvery)
		late := time.Now().After(deadline)
		if now := r.moves.Load(); now != moves && !late {
			moves, same = now, 0
			continue // what moves need not be looked at
		}
		seen := count(goroutines())
		if seen.blocked && seen.text == before.text && r.moves.Load() == moves && !r.timerPending(seen) {
			same++
		} else {
			same = 0
		}
		before = seen
		if same == quietPolls {
			return seen, true
		}
		if late {
			return seen, false
		}
	}
}

// timerPending says whether a timer of this scenario can still wake somebody.
func (r *run) timerPending(seen census) bool {
	if r.timers.Load() > 0 {
		return true
	}
	since := time.Since(r.began) - time.Duration(r.latest.Load()) - timerSlack
	f := r.scenario.Transport
	if f.ResponseHeaderTimeout > 0 && seen.awaiting > 0 && since < time.Duration(f.ResponseHeaderTimeout) {
		return true
	}
	waiting := seen.unread > 0
	for _, c := range r.callers {
		c.set(func() { waiting = waiting || !c.finished && !c.settling })
	}
	return f.Timeout > 0 && waiting && since < time.Duration(f.Timeout)
}

// resume lets the callers that are in a settle go on, and says whether any was.
// Who they are is found first: one that goes on may begin the settle of another
// request at once, which is not of this rest.
func (r *run) resume() bool {
	var settled []*caller
	for _, c := range r.callers {
		c.set(func() {
			if c.settling {
				settled = append(settled, c)
			}
			c.settling = false
		})
	}
	for _, c := range settled {
		c.proceed <- struct{}{}
	}
	return len(settled) > 0
}

// count says how much is there. A lone caller is the program's main goroutine;
// several are beside it, and those that have not ended count, but for those in a
// settle: they only wait for this.
func (r *run) count(seen census) counts {
	found := counts{
		Dials: int(r.dials.Load()), ReadLoops: seen.readLoops, WriteLoops: seen.writeLoops,
		Goroutines: 1 + seen.client(), IdleConns: seen.idle, UnreadConns: seen.unread,
	}
	for _, c := range r.callers {
		c.set(func() {
			found.Goroutines += c.closing
			if !c.finished && !c.settling && len(r.callers) > 1 {
				found.Goroutines++
			}
		})
	}
	return found
}

// picture says what is there at rest, and what led to it.
func (r *run) picture(seen census, rest bool) observation {
	o := observation{
		ID: r.scenario.ID, counts: r.count(seen), Others: append([]string{}, seen.others...), AtRest: rest, Events: r.log.end(),
	}
	for _, c := range r.callers {
		c.mu.Lock()
		for i := range c.requests {
			var failure *string
			if word := c.requests[i].failure; word != "" {
				failure = &word
			}
			if !c.finished && i >= c.current {
				word := "stuck"
				failure = &word
			}
			o.Reused = append(o.Reused, c.requests[i].reused)
			o.Errors = append(o.Errors, failure)
		}
		c.mu.Unlock()
	}
	return o
}

// cleanUp ends everything that the scenario began and says whether it did end.
func (r *run) cleanUp() bool {
	r.stop()
	r.closeServers()
	r.mu.Lock()
	for _, conn := range r.conns {
		conn.Close()
	}
	r.mu.Unlock()
	before, same := "", 0
	for end := time.Now().Add(cleanUpTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		r.client.CloseIdleConnections()
		left := goroutines()
		if len(left) == 0 {
			return true
		}
		seen := count(left)
		if !seen.blocked || seen.text != before {
			before, same = seen.text, 0
		}
		if same++; same > hopelessPolls {
			return false
		}
	}
	return false
}

func (r *run) closeServers() {
	for _, s := range r.servers {
		s.close()
	}
}
