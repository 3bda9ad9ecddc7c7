package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"
)

// forward is a reverse proxy to a server at `address`.
func forward(address string) http.Handler {
	return httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
}
