package main

import "time"

// plan says how many requests to send and when. Where a request is due at a time, its latency counts from then,
// even if all clients were still waiting for earlier answers: a slow hub cannot slow down what it is measured by.
type plan struct {
	requests int
	start    time.Time
	interval time.Duration // between requests; 0 sends each as soon as a client is free
}

func closedLoop(events, batch int) plan {
	return plan{requests: (events + batch - 1) / batch}
}

func openLoop(rate, seconds float64, batch int, start time.Time) plan {
	interval := time.Duration(float64(batch) / rate * float64(time.Second))
	return plan{requests: int(rate * seconds / float64(batch)), start: start, interval: interval}
}

// begin waits until the request of that number is due, and returns the time from which its latency counts.
func (p plan) begin(number int) time.Time {
	if p.interval == 0 {
		return time.Now()
	}
	due := p.start.Add(time.Duration(number) * p.interval)
	time.Sleep(time.Until(due))
	return due
}
