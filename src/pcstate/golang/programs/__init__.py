"""Go programs, shipped as source: each folder is one `package main` without a go.mod, which the build writes."""
