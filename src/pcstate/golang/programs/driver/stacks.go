package main

import (
	"runtime"
	"sort"
	"strings"
)

// A goroutine as runtime.Stack prints it. Only names of functions are looked at,
// never lines or addresses, so that one reading fits every release of Go.
type goroutine struct {
	state  string   // "select", "IO wait", ...; without how long
	frames []string // functions, the innermost first, the entry last
	text   string   // number, state and frames: equal texts, nothing moved
}

// Functions of net/http, by which its goroutines and what they wait for are told.
const (
	readLoop     = "net/http.(*persistConn).readLoop"
	writeLoop    = "net/http.(*persistConn).writeLoop"
	roundTrip    = "net/http.(*persistConn).roundTrip"
	readResponse = "net/http.(*persistConn).readResponse"
	mapError     = "net/http.(*persistConn).mapRoundTripError"
	peek         = "bufio.(*Reader).Peek"
)

// onTimer are functions that wait no longer than a timer of net/http's own, or
// for the kernel: a goroutine inside one of them is about to move.
var onTimer = map[string]bool{
	"net/http.(*persistConn).wroteRequest": true, // 50 ms for the request's last byte
	"net/http.maybeDrainBody":              true, // 50 ms for the body's (Go 1.27)
	"net.(*netFD).connect":                 true,
}

// running are the states of a goroutine that is not blocked, or only for now; so
// are those that begin with "GC ".
var running = map[string]bool{
	"running": true, "runnable": true, "syscall": true, "sleep": true, "waiting": true, "copystack": true, "preempted": true,
}

// goroutines are all but the one that asks.
func goroutines() []goroutine {
	buffer := make([]byte, 256<<10)
	n := runtime.Stack(buffer, true)
	for n == len(buffer) {
		buffer = make([]byte, 2*len(buffer))
		n = runtime.Stack(buffer, true)
	}
	stacks := strings.Split(strings.TrimSpace(string(buffer[:n])), "\n\n")
	found := make([]goroutine, 0, len(stacks))
	for _, stack := range stacks[1:] { // the first is the goroutine that asks
		found = append(found, parse(stack))
	}
	return found
}

func parse(stack string) goroutine {
	lines := strings.Split(stack, "\n")
	number, rest, _ := strings.Cut(lines[0], " [")
	state := rest
	if end := strings.IndexAny(rest, ",(]"); end >= 0 {
		state = strings.TrimSpace(rest[:end])
	}
	g := goroutine{state: state}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, "created by ") {
			break
		}
		if end := strings.LastIndexByte(line, '('); end > 0 && line[0] != '\t' {
			g.frames = append(g.frames, line[:end])
		}
	}
	g.text = number + state + strings.Join(g.frames, " ")
	return g
}

func (g goroutine) has(function string) bool {
	for _, frame := range g.frames {
		if frame == function {
			return true
		}
	}
	return false
}

// entry is the function that the goroutine began with.
func (g goroutine) entry() string {
	if len(g.frames) == 0 {
		return "unknown"
	}
	return g.frames[len(g.frames)-1]
}

// of says whether the goroutine runs a method of a type of ours.
func (g goroutine) of(kind string) bool {
	for _, frame := range g.frames {
		if strings.HasPrefix(frame, "main.(*"+kind+").") {
			return true
		}
	}
	return false
}

func (g goroutine) blocked() bool {
	for _, frame := range g.frames {
		if onTimer[frame] {
			return false
		}
	}
	return !running[g.state] && !strings.HasPrefix(g.state, "GC ")
}

// A census counts the goroutines of one instant.
type census struct {
	readLoops, writeLoops int
	// idle are the readLoops that wait for the first byte of a response nobody
	// asked for: those directly inside Peek, less those whose caller is still
	// inside roundTrip. A connection of which that is so is in the pool.
	idle int
	// unread are the readLoops blocked in their own select: the response is
	// handed over, and its body neither finished nor closed.
	unread int
	// awaiting are the callers inside persistConn.roundTrip.
	awaiting int
	// others are the entry functions of all other goroutines but ours: dials,
	// drains, timers that fire.
	others  []string
	blocked bool   // all of them are, our servers and callers included
	text    string // equal texts, nothing moved
}

func count(all []goroutine) census {
	c := census{blocked: true}
	peeking := 0
	texts := make([]string, 0, len(all))
	for _, g := range all {
		texts = append(texts, g.text)
		c.blocked = c.blocked && g.blocked()
		switch entry := g.entry(); {
		case g.of("server"):
		case g.of("caller"):
			if g.has(roundTrip) && !g.has(mapError) {
				c.awaiting++
				peeking--
			}
		case entry == readLoop:
			c.readLoops++
			if len(g.frames) > 1 && g.frames[len(g.frames)-2] == peek {
				peeking++
			}
			if g.has(readResponse) {
				peeking++ // cancels its caller, which is inside roundTrip
			}
			if len(g.frames) == 1 && g.state == "select" {
				c.unread++
			}
		case entry == writeLoop:
			c.writeLoops++
		default:
			c.others = append(c.others, entry)
		}
	}
	c.idle = peeking
	if c.idle < 0 {
		c.idle = 0
	}
	sort.Strings(c.others)
	sort.Strings(texts)
	c.text = strings.Join(texts, "\n")
	return c
}

// client is how many goroutines are the Transport's.
func (c census) client() int {
	return c.readLoops + c.writeLoops + len(c.others)
}
