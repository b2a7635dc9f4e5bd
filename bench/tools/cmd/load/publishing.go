package main

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const timeout = 60 * time.Second

// publish carries out the plan with so many clients, each on a connection of its own.
func publish(url, token string, clients int, plan plan, bodies bodies) *results {
	results := newResults()
	transport := &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}
	client := &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: keepRedirect}
	defer transport.CloseIdleConnections()

	var next atomic.Int64
	var group sync.WaitGroup
	for range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			var body bytes.Buffer
			for number := next.Add(1) - 1; number < int64(plan.requests); number = next.Add(1) - 1 {
				begun := plan.begin(int(number))
				bodies.write(&body, begun)
				status, answer, err := send(client, url, token, body.Bytes())
				results.add(status, answer, err, time.Since(begun))
			}
		}()
	}
	group.Wait()
	results.end()
	return results
}

// keepRedirect makes a redirect an answer like any other: no hub should send one.
func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func send(client *http.Client, url, token string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}
