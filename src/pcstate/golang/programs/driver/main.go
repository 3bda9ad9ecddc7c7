// The driver runs client programs against real net/http and reports what they
// leave behind. It reads one scenario a line on standard input and writes one
// observation a line on standard output, both JSON (see scenario.go).
//
// One process runs many scenarios, one after another. Each has its own Transport
// and its own servers on 127.0.0.1. When a scenario cannot be cleaned up, so that
// a goroutine of it would be counted in the next one, the process ends after the
// answer, and whoever drives it starts another.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
)

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			seen, clean := answer(line, in, out)
			if out.Encode(seen) != nil || !clean {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			os.Exit(1)
		}
	}
}

// answer runs the scenario of one line; clean says that nothing of it is left. A
// live one is told its steps in further lines.
func answer(line []byte, in *bufio.Reader, out *json.Encoder) (seen observation, clean bool) {
	s, err := parseScenario(line)
	if err != nil {
		return observation{ID: s.ID, Failure: err.Error()}, true
	}
	r, err := newRun(s)
	if err != nil {
		return observation{ID: s.ID, Failure: err.Error()}, true
	}
	if s.Live {
		seen, err = r.converse(func() ([]byte, error) { return in.ReadBytes('\n') }, out.Encode)
		if err != nil {
			seen = observation{ID: s.ID, Failure: err.Error()}
		}
	} else {
		seen = r.observe()
	}
	return seen, r.cleanUp()
}
