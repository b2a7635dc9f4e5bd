package main

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"switch/bench/tools/internal/latency"
)

var problemKey = []byte(`"problem"`)

// results gathers the answers of all clients.
type results struct {
	begun, ended time.Time
	latency      latency.Histogram
	mutex        sync.Mutex
	statuses     map[string]int
	accepted     int
	problems     int
	errors       int
	firstError   string
}

// summary is the JSON that load prints. Latencies are those of whole requests, in milliseconds.
type summary struct {
	Requests   int             `json:"requests"`
	Sent       int             `json:"sent"`     // events in requests that were answered 202
	Statuses   map[string]int  `json:"statuses"` // requests by status code
	Problems   int             `json:"problems"` // events refused inside an accepted batch
	Errors     int             `json:"errors"`   // requests without an answer
	FirstError string          `json:"first_error"`
	StartedNs  int64           `json:"started_ns"`
	Seconds    float64         `json:"seconds"`
	PerSecond  float64         `json:"per_second"` // events
	LatencyMs  latency.Summary `json:"latency_ms"`
}

func newResults() *results {
	return &results{begun: time.Now(), statuses: make(map[string]int)}
}

func (r *results) add(status int, answer []byte, err error, took time.Duration) {
	r.latency.Add(took)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err != nil {
		r.fail(err.Error())
		return
	}
	r.statuses[strconv.Itoa(status)]++
	if status != 202 {
		r.remember(string(answer))
		return
	}
	r.accepted++
	if refused := bytes.Count(answer, problemKey); refused > 0 {
		r.problems += refused
		r.remember(string(answer))
	}
}

func (r *results) fail(reason string) {
	r.errors++
	r.remember(reason)
}

func (r *results) remember(reason string) {
	if r.firstError == "" {
		r.firstError = reason[:min(len(reason), 500)]
	}
}

func (r *results) end() { r.ended = time.Now() }

func (r *results) summary(batch int) summary {
	requests := r.errors
	for _, count := range r.statuses {
		requests += count
	}
	seconds := r.ended.Sub(r.begun).Seconds()
	sent := r.accepted*batch - r.problems
	return summary{
		Requests:   requests,
		Sent:       sent,
		Statuses:   r.statuses,
		Problems:   r.problems,
		Errors:     r.errors,
		FirstError: r.firstError,
		StartedNs:  r.begun.UnixNano(),
		Seconds:    seconds,
		PerSecond:  float64(sent) / seconds,
		LatencyMs:  r.latency.Summary(),
	}
}
