package main

// A plan is what is to be done, one step after the other.
type plan struct {
	Callers         int              `json:"callers"`
	MaxConnsPerHost int              `json:"max_conns_per_host"`
	Dials           map[string][]int `json:"dials"` // by request: the numbers of its connections
	Steps           []step           `json:"steps"`
}

// A step does something, or lets the goroutine at a gate go on. The other fields
// are the arguments of the trace's step, by its names.
type step struct {
	Does    string `json:"does,omitempty"`
	Opens   string `json:"opens,omitempty"`
	Key     int    `json:"key"`
	Passes  string `json:"passes,omitempty"`
	MS      int    `json:"ms"`
	Caller  int    `json:"i"`
	Request int    `json:"r"`
	Conn    int    `json:"j"`
	Host    int    `json:"h"`
	Method  string `json:"m,omitempty"`
	Body    string `json:"d,omitempty"` // none, within, above: 256 KiB
	Keep    int    `json:"a"`
	Whole   int    `json:"w"`
}

// A report is what was seen: after each step, and in the end, with nobody held.
type report struct {
	Sights  []sight `json:"sights"`
	End     sight   `json:"end"`
	AtRest  bool    `json:"at_rest"`
	Calls   []*call `json:"calls"`
	Failure string  `json:"failure,omitempty"`
}

// A sight is what is there when nothing moves.
type sight struct {
	Missed     string   `json:"missed,omitempty"` // why the step could not be done
	Began      int64    `json:"began_us"`         // since the replay began
	Done       int64    `json:"done_us"`
	Dials      int      `json:"dials"`
	Errors     []failed `json:"errors"`
	Goroutines []left   `json:"goroutines"`
}

// A failed request has a first error.
type failed struct {
	Request int    `json:"request"`
	Error   string `json:"error"`
}

// A left goroutine is one that is there: its functions, the innermost first.
type left struct {
	Wait   string   `json:"wait"`
	Frames []string `json:"frames"`
}

// A call is one of a user's goroutine; Result is empty until it returns.
type call struct {
	Who     string `json:"who"`
	Request int    `json:"request"`
	Name    string `json:"name"`
	Result  string `json:"result"`
}
