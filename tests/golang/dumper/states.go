package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

const head = "HTTP/1.1 200 OK\r\nContent-Length: 10240\r\n\r\n"

var body = strings.Repeat("x", 10240)

func init() {
	states["none"] = func() {}
	states["idle"] = func() {
		read(http.DefaultClient, normal())
	}
	states["idle-and-unread"] = func() {
		keep(get(http.DefaultClient, normal()))
		read(http.DefaultClient, normal())
	}
	states["transport-per-request"] = func() {
		address := normal()
		for i := 0; i < 120; i++ {
			read(&http.Client{Transport: &http.Transport{}}, address)
		}
	}
	states["unread"] = func() {
		address := normal()
		for i := 0; i < 3; i++ {
			keep(get(http.DefaultClient, address))
		}
	}
	states["unread-with-timeout"] = func() {
		keep(get(&http.Client{Timeout: time.Hour}, normal()))
	}
	states["half-read"] = func() {
		response := get(http.DefaultClient, normal())
		io.ReadFull(response.Body, make([]byte, 100))
		keep(response)
	}
	states["being-read"] = func() {
		response := get(http.DefaultClient, answering(head+"xxx"))
		go drain(response.Body)
	}
	states["being-read-gzip"] = func() {
		response := get(http.DefaultClient, answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"))
		go drain(response.Body)
	}
	states["being-read-chunked"] = func() {
		response := get(http.DefaultClient, answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"))
		go drain(response.Body)
	}
	states["awaiting-headers"] = func() {
		address := serve(hold)
		for i := 0; i < 2; i++ {
			go fetch(http.DefaultClient, "http://"+address)
		}
	}
	states["awaiting-headers-and-idle"] = func() {
		read(http.DefaultClient, normal())
		go fetch(http.DefaultClient, "http://"+serve(hold))
	}
	states["awaiting-headers-with-timeout"] = func() {
		go fetch(&http.Client{Timeout: time.Hour}, "http://"+serve(hold))
	}
	states["reading-headers"] = func() {
		go fetch(http.DefaultClient, "http://"+answering("HTTP/1.1 200 OK\r\nServer: sl"))
	}
	states["writing-request"] = func() {
		address := serve(func(net.Conn) bool { return false })
		go http.Post("http://"+address, "", bytes.NewReader(make([]byte, 64<<20)))
	}
	states["request-body-stalled"] = func() {
		reader, writer := io.Pipe()
		go http.Post("http://"+serve(hold), "", reader)
		writer.Write([]byte("a little"))
		keepWriter = writer
	}
	states["awaiting-100-continue"] = func() {
		request, err := http.NewRequest("POST", "http://"+serve(hold), strings.NewReader("hello"))
		check(err)
		request.Header.Set("Expect", "100-continue")
		go (&http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}).Do(request)
	}
	states["dialing-tcp"] = func() {
		go fetch(http.DefaultClient, "http://"+full())
	}
	states["dialing-own"] = func() {
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return block(ctx) }}
		go fetch(&http.Client{Transport: transport}, "http://127.0.0.1:1")
	}
	states["dialing-dns"] = func() {
		silent, err := net.ListenPacket("udp", "127.0.0.1:0")
		check(err)
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return net.Dial("udp", silent.LocalAddr().String())
		}}
		transport := &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}
		go fetch(&http.Client{Transport: transport}, "http://somewhere.example")
	}
	states["dialing-tls"] = func() {
		go fetch(http.DefaultClient, "https://"+serve(hold))
	}
	states["dialing-proxy"] = func() {
		proxy := &url.URL{Scheme: "http", Host: serve(hold)}
		go fetch(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}, "https://somewhere.example")
	}
	states["dialing-socks"] = func() {
		proxy := &url.URL{Scheme: "socks5", Host: serve(hold)}
		go fetch(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}, "http://somewhere.example")
	}
	states["queued"] = func() {
		client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
		address := normal()
		keep(get(client, address))
		for i := 0; i < 2; i++ {
			go fetch(client, "http://"+address)
		}
	}
	states["http2"] = func() { http2(func(c *http.Client, where string) { read(c, where) }) }
	states["http2-awaiting"] = func() { http2(func(c *http.Client, where string) { go fetch(c, where+"/stall") }) }
	states["http2-unread"] = func() { http2(func(c *http.Client, where string) { keep(get(c, where+"/large")) }) }
	states["http2-half-unread"] = func() { http2(func(c *http.Client, where string) { keep(get(c, where+"/half")) }) }
	states["http2-being-read"] = func() {
		http2(func(c *http.Client, where string) { go drain(get(c, where+"/half").Body) })
	}
	states["server"] = func() {
		server := httptest.NewServer(http.HandlerFunc(stall))
		for i := 0; i < 2; i++ {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			check(err)
			fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		}
	}
	states["server-and-awaiting"] = func() {
		server := httptest.NewServer(http.HandlerFunc(stall))
		go fetch(http.DefaultClient, server.URL)
	}
	states["reverse-proxy"] = func() {
		server := httptest.NewServer(forward(answering("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat(body, 4096))))
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		check(err)
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		keepConn = conn
	}
	states["truncated-without-close"] = func() {
		response := get(http.DefaultClient, serve(func(conn net.Conn) bool {
			request(conn)
			io.WriteString(conn, head+"xxx")
			return true
		}))
		io.Copy(io.Discard, response.Body)
		keep(response)
	}
}

var (
	kept       []*http.Response
	keepWriter io.Writer
	keepConn   net.Conn
	once       sync.Mutex
)

func keep(response *http.Response) {
	once.Lock()
	defer once.Unlock()
	kept = append(kept, response)
}

func get(client *http.Client, where string) *http.Response {
	if !strings.Contains(where, "://") {
		where = "http://" + where
	}
	response, err := client.Get(where)
	check(err)
	return response
}

func read(client *http.Client, where string) {
	response := get(client, where)
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
}

func fetch(client *http.Client, where string) {
	response, err := client.Get(where)
	if err == nil {
		keep(response)
	}
}

func drain(from io.Reader) { io.Copy(io.Discard, from) }

func request(conn net.Conn) {
	http.ReadRequest(bufio.NewReader(conn))
}

func normal() string { return answering(head + body) }

func answering(text string) string {
	return serve(func(conn net.Conn) bool {
		request(conn)
		io.WriteString(conn, text)
		return hold(conn)
	})
}

func block(ctx context.Context) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func stall(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/large":
		io.WriteString(w, strings.Repeat(body, 100))
	case "/half":
		io.WriteString(w, body)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "/":
		if r.ProtoMajor == 2 {
			return
		}
		fallthrough
	default:
		<-r.Context().Done()
	}
}

func http2(use func(*http.Client, string)) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(stall))
	server.EnableHTTP2 = true
	server.StartTLS()
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	use(&http.Client{Transport: transport}, server.URL)
}

// full is the address of a listener whose backlog is full, so that a dial to it hangs.
func full() string {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	check(err)
	check(syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	check(syscall.Listen(socket, 0))
	name, err := syscall.Getsockname(socket)
	check(err)
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for {
		if _, err := net.DialTimeout("tcp", address, 100*time.Millisecond); err != nil {
			return address
		}
	}
}
