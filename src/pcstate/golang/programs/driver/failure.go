package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
)

// classOf names what a request failed with, the same for every release of Go.
//
//	header-timeout    Transport.ResponseHeaderTimeout
//	deadline          Client.Timeout, or a context's deadline
//	context-canceled  the request's context
//	closed-body       Read after Close
//	unexpected-eof    the connection ended inside the response
//	server-closed     it ended before, or was closed under a Read
//	other             anything else
func classOf(err error) string {
	text := err.Error()
	says := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	var netError net.Error
	switch {
	case says("timeout awaiting response headers"):
		return "header-timeout"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netError) && netError.Timeout():
		return "deadline"
	case errors.Is(err, context.Canceled), says("request canceled"):
		return "context-canceled"
	case says("read on closed response body", "invalid Read on closed Body"):
		return "closed-body"
	case errors.Is(err, io.ErrUnexpectedEOF), says("unexpected EOF"):
		return "unexpected-eof"
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed),
		says("server closed", "connection reset", "broken pipe", "use of closed network connection"):
		return "server-closed"
	}
	return "other"
}
