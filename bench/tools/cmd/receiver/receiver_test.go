package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"switch/bench/tools/internal/arrivals"
)

func start(t *testing.T) string {
	server := httptest.NewServer(newReceiver(true))
	t.Cleanup(server.Close)
	return server.URL
}

func post(t *testing.T, url, body string, header ...string) int {
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for index := 0; index < len(header); index += 2 {
		request.Header.Set(header[index], header[index+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func stats(t *testing.T, url string) (found arrivals.Stats, status int) {
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	return found, response.StatusCode
}

func TestRequestsAreCountedBySubscriber(t *testing.T) {
	url := start(t)
	post(t, url+"/s/one", `{}`, "webhook-id", "a")
	post(t, url+"/s/two", `{}`, "webhook-id", "b")
	post(t, url+"/s/two", `{}`, "webhook-id", "b")
	found, _ := stats(t, url+"/_stats")
	if found.Requests != 3 || found.Duplicates != 1 || found.BySubscriber["two"].Requests != 2 {
		t.Errorf("got %+v", found)
	}
}

func TestAnswersWithTheStatusThatTheQueryNames(t *testing.T) {
	url := start(t)
	for query, want := range map[string]int{"": 200, "?status=503": 503, "?delay_ms=1": 200, "?status=7": 200} {
		if got := post(t, url+"/s/one"+query, `{}`); got != want {
			t.Errorf("%q is answered %d, want %d", query, got, want)
		}
	}
}

func TestWaitReturnsOnceTheCountIsReached(t *testing.T) {
	url := start(t)
	post(t, url+"/s/one", `{}`, "webhook-id", "a")
	post(t, url+"/s/one", `{}`, "webhook-id", "a")
	if _, status := stats(t, url+"/_wait?count=2&timeout_seconds=9"); status != 200 {
		t.Errorf("two requests came, but waiting for them ended with %d", status)
	}
	if _, status := stats(t, url+"/_wait?count=2&of=distinct&timeout_seconds=0.01"); status != 408 {
		t.Errorf("one distinct id came, but waiting for two ended with %d", status)
	}
}

func TestResetForgetsEverything(t *testing.T) {
	url := start(t)
	post(t, url+"/s/one", `{}`)
	post(t, url+"/_reset", "")
	if found, _ := stats(t, url+"/_stats"); found.Requests != 0 || found.FirstNs != 0 || len(found.BySubscriber) != 0 {
		t.Errorf("got %+v", found)
	}
}

func TestTheStampIsReadFromHeaderOrBody(t *testing.T) {
	for _, test := range []struct {
		header, body string
		want         int64
	}{
		{"", `{"sent_ns":12,"n":3}`, 12},
		{"", `{"n":3,"sent_ns": 12}`, 12},
		{"34", `{"sent_ns":12}`, 34},
		{"", `{"n":3}`, 0},
		{"", `{"sent_ns":"x"}`, 0},
		{"", `{"sent_ns":`, 0},
	} {
		header := http.Header{}
		if test.header != "" {
			header.Set("Bench-Sent-Ns", test.header)
		}
		if got := sentAt(header, []byte(test.body)); got != test.want {
			t.Errorf("%+v gives %d", test, got)
		}
	}
}

func TestGroupsAreCountedAndWaitedForApart(t *testing.T) {
	url := start(t)
	post(t, url+"/s/good/1", `{"sent_ns":1}`, "webhook-id", "a")
	post(t, url+"/s/good/2", `{"sent_ns":1}`, "webhook-id", "b")
	post(t, url+"/s/good/2", `{"sent_ns":1}`, "webhook-id", "b")
	post(t, url+"/s/bad/1", `{}`, "webhook-id", "c")
	found, _ := stats(t, url+"/_stats")
	good, bad := found.ByGroup["good"], found.ByGroup["bad"]
	if good.Requests != 3 || good.Distinct != 2 || good.LatencyMs.Count != 3 || bad.Requests != 1 || bad.LatencyMs.Count != 0 {
		t.Errorf("got %+v", found.ByGroup)
	}
	if _, status := stats(t, url+"/_wait?count=2&of=distinct&group=good"); status != 200 {
		t.Errorf("two distinct came to the group, but waiting for them ended with %d", status)
	}
	if _, status := stats(t, url+"/_wait?count=2&group=bad&timeout_seconds=0.01"); status != 408 {
		t.Errorf("one came to the group, but waiting for two ended with %d", status)
	}
}

func TestReleaseAnswersWhatHangs(t *testing.T) {
	url := start(t)
	answered := make(chan int)
	go func() { answered <- post(t, url+"/s/bad/1?hang_seconds=600", `{}`) }()
	stats(t, url+"/_wait?count=1")
	for {
		post(t, url+"/_release", "")
		select {
		case status := <-answered:
			if status != 200 {
				t.Errorf("answered %d", status)
			}
			return
		case <-time.After(10 * time.Millisecond): // it may not have begun to hang
		}
	}
}
