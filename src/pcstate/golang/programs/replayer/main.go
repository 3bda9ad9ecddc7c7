// The replayer leads real net/http along one trace. It reads a plan on standard
// input and writes what it saw on standard output, both JSON (see plan.go), and
// ends: what hangs, hangs no longer than its process.
//
// It is built with the driver's stacks.go and failure.go.
package main

import (
	"encoding/json"
	"os"
	"runtime/debug"
)

func main() {
	// A goroutine that is about to begin a collection waits for a look at the
	// goroutines to end, and would be taken for one that is blocked.
	debug.SetGCPercent(-1)
	var p plan
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	answer := report{}
	if err := decoder.Decode(&p); err != nil {
		answer.Failure = err.Error()
	} else {
		answer = newRun(&p).replay()
	}
	if json.NewEncoder(os.Stdout).Encode(answer) != nil {
		os.Exit(1)
	}
}
