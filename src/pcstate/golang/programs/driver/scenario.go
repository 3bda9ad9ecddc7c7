package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A scenario is one line of input.
type scenario struct {
	ID         json.RawMessage `json:"id"` // given back as it is
	Transport  transportFields `json:"transport"`
	Server     serverScript    `json:"server"`
	Callers    []callerProgram `json:"callers"`
	DeadlineMS int64           `json:"deadline_ms"`
	Live       bool            `json:"live"` // steps are told one by one, see live.go
}

// transportFields are fields of http.Transport by name; Timeout is http.Client's.
type transportFields struct {
	MaxIdleConns          int
	MaxIdleConnsPerHost   int
	MaxConnsPerHost       int
	DisableKeepAlives     bool
	DisableCompression    bool
	ForceAttemptHTTP2     bool
	IdleConnTimeout       duration
	ResponseHeaderTimeout duration
	ExpectContinueTimeout duration
	TLSHandshakeTimeout   duration
	Timeout               duration
}

type serverScript struct {
	Body       string `json:"body"`       // none, length, chunked, until-close
	Bytes      int64  `json:"bytes"`      // size of the body
	Connection string `json:"connection"` // keep-alive, close
	Behaviour  string `json:"behaviour"`  // see server.go
}

// A callerProgram is one goroutine: Requests times the steps Each, the i-th to
// host Hosts[i%len(Hosts)].
type callerProgram struct {
	Requests int      `json:"requests"`
	Hosts    []int    `json:"hosts"`
	Each     []string `json:"each"`
	steps    []step
}

type step struct {
	verb   string
	amount int64 // of "read N"
}

// An observation is one line of output. Requests are listed caller by caller.
type observation struct {
	ID      json.RawMessage `json:"id"`
	Reused  []bool          `json:"reused"`
	Errors  []*string       `json:"errors"`
	AtRest  bool            `json:"at_rest"` // false: the deadline came first
	Others  []string        `json:"others"`  // what else of the client's is there
	Events  []event         `json:"events"`  // see events.go
	Failure string          `json:"failure,omitempty"`
	counts
}

// counts are what is there at one instant.
type counts struct {
	Dials       int `json:"dials"`
	ReadLoops   int `json:"read_loops"`
	WriteLoops  int `json:"write_loops"`
	Goroutines  int `json:"goroutines"`
	IdleConns   int `json:"idle_conns"`
	UnreadConns int `json:"unread_conns"`
}

// A duration is written in milliseconds or as Go writes it ("50ms").
type duration time.Duration

func (d *duration) UnmarshalJSON(text []byte) error {
	var ms float64
	if json.Unmarshal(text, &ms) == nil {
		*d = duration(ms * float64(time.Millisecond))
		return nil
	}
	var word string
	if err := json.Unmarshal(text, &word); err != nil {
		return err
	}
	parsed, err := time.ParseDuration(word)
	*d = duration(parsed)
	return err
}

func parseScenario(line []byte) (*scenario, error) {
	s := &scenario{DeadlineMS: 10_000}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return s, err
	}
	if err := s.Server.check(s.Live); err != nil {
		return s, err
	}
	for i := range s.Callers {
		if err := s.Callers[i].parse(); err != nil {
			return s, fmt.Errorf("caller %d: %w", i, err)
		}
	}
	if len(s.Callers) == 0 {
		return s, fmt.Errorf("no callers")
	}
	return s, nil
}

func (s serverScript) check(live bool) error {
	for _, field := range []struct{ value, allowed string }{
		{s.Body, "none length chunked until-close"},
		{s.Connection, "keep-alive close"},
		{s.Behaviour, "normal close-after-response close-while-idle stall-head stall-body truncate-body drop-request"},
	} {
		known := live && field.value == "any"
		for _, word := range strings.Fields(field.allowed) {
			known = known || word == field.value
		}
		if !known {
			return fmt.Errorf("server: %q is none of: %s", field.value, field.allowed)
		}
	}
	if s.Bytes < 0 {
		return fmt.Errorf("server: bytes = %d", s.Bytes)
	}
	return nil
}

func (p *callerProgram) parse() error {
	if p.Requests < 1 || len(p.Hosts) == 0 {
		return fmt.Errorf("%d requests to %d hosts", p.Requests, len(p.Hosts))
	}
	for _, host := range p.Hosts {
		if host < 0 {
			return fmt.Errorf("host %d", host)
		}
	}
	starts := 0
	for _, text := range p.Each {
		s, err := parseStep(text)
		if err != nil {
			return err
		}
		if s.begins() {
			starts++
		}
		p.steps = append(p.steps, s)
	}
	if starts != 1 {
		return fmt.Errorf("one of get, head, post in each request, not %d", starts)
	}
	return nil
}

func parseStep(text string) (step, error) {
	switch text {
	case "get", "head", "post", "read-all", "read-exact", "close", "cancel", "settle", "close-idle", "spawn close":
		return step{verb: text}, nil
	}
	amount, err := strconv.ParseInt(strings.TrimPrefix(text, "read "), 10, 64)
	if err != nil || amount < 0 || !strings.HasPrefix(text, "read ") {
		return step{}, fmt.Errorf("there is no step %q", text)
	}
	return step{"read", amount}, nil
}

// begins says whether the step makes a request.
func (s step) begins() bool {
	return s.verb == "get" || s.verb == "head" || s.verb == "post"
}
