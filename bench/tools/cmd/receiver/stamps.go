package main

import (
	"bytes"
	"net/http"
	"strconv"
)

var stampKey = []byte(`"sent_ns":`)

// sentAt is when the event was published, in nanoseconds since 1970: from the header Bench-Sent-Ns, or the body's
// sent_ns. 0 if neither says. The body is searched, not parsed: the receiver shares its cores with the hub.
func sentAt(header http.Header, body []byte) int64 {
	if text := header.Get("Bench-Sent-Ns"); text != "" {
		stamp, _ := strconv.ParseInt(text, 10, 64)
		return stamp
	}
	_, rest, found := bytes.Cut(body, stampKey)
	if !found {
		return 0
	}
	rest = bytes.TrimLeft(rest, " ")
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	stamp, _ := strconv.ParseInt(string(rest[:end]), 10, 64)
	return stamp
}
