package main

import "sync"

// A gate is where a goroutine that calls ours waits until it is let go on.
type gate struct {
	name string
	key  int
}

// gates are all of them. Once they are free nobody waits any more.
type gates struct {
	mu      sync.Mutex
	waiting map[gate][]chan string
	free    bool
}

func newGates() *gates {
	return &gates{waiting: map[gate][]chan string{}}
}

// arrive gives a channel that says how, when the goroutine may go on.
func (g *gates) arrive(name string, key int) chan string {
	g.mu.Lock()
	defer g.mu.Unlock()
	let := make(chan string, 1)
	if g.free {
		let <- ""
	} else {
		at := gate{name, key}
		g.waiting[at] = append(g.waiting[at], let)
	}
	return let
}

// open lets the first goroutine go on and says whether there was one.
func (g *gates) open(name string, key int, passes string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := gate{name, key}
	if len(g.waiting[at]) == 0 {
		return false
	}
	g.waiting[at][0] <- passes
	g.waiting[at] = g.waiting[at][1:]
	return true
}

// letGo opens all of them for good.
func (g *gates) letGo() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free = true
	for _, all := range g.waiting {
		for _, let := range all {
			let <- ""
		}
	}
}
