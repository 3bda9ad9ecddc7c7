// Command dumper brings an HTTP client into one state, and writes the goroutines of that moment in every form that Go has for
// them: debug1.txt, debug2.txt, profile.pb.gz and stack.txt into a folder, and the answer to SIGQUIT on stderr.
//
//	dumper STATE FOLDER
package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sort"
	"syscall"
	"time"
)

// states are what can be asked for; each returns when what blocks has been started.
var states = map[string]func(){}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-list" {
		names := []string{}
		for name := range states {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	start := states[os.Args[1]]
	if start == nil {
		fmt.Fprintln(os.Stderr, "no such state:", os.Args[1])
		os.Exit(2)
	}
	start()
	rest()
	write(os.Args[2])
	syscall.Kill(os.Getpid(), syscall.SIGQUIT)
	time.Sleep(10 * time.Second)
}

// rest waits until every goroutine has stood where it stands for half a second: on a busy machine that takes a while.
func rest() {
	before, quiet := []byte(nil), 0
	for tries := 0; quiet < 10 && tries < 400; tries++ {
		time.Sleep(50 * time.Millisecond)
		now := stacks()
		if bytes.Equal(before, now) && !bytes.Contains(now, []byte("[runnable]")) {
			quiet++
		} else {
			quiet = 0
		}
		before = now
	}
}

func stacks() []byte {
	buffer := make([]byte, 4<<20)
	return buffer[:runtime.Stack(buffer, true)]
}

func write(folder string) {
	for name, debug := range map[string]int{"debug1.txt": 1, "debug2.txt": 2, "profile.pb.gz": 0} {
		var buffer bytes.Buffer
		check(pprof.Lookup("goroutine").WriteTo(&buffer, debug))
		check(os.WriteFile(filepath.Join(folder, name), buffer.Bytes(), 0o644))
	}
	check(os.WriteFile(filepath.Join(folder, "stack.txt"), stacks(), 0o644))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// serve answers each connection with what `answer` does, and closes it only when that returns true.
func serve(answer func(net.Conn) bool) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				if answer(conn) {
					conn.Close()
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// hold keeps a connection open, and reads what comes.
func hold(conn net.Conn) bool {
	buffer := make([]byte, 4096)
	for {
		if _, err := conn.Read(buffer); err != nil {
			return true
		}
	}
}
