package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// hub answers every publish with the status and body given, and counts what it got.
type hub struct {
	*httptest.Server
	events  atomic.Int64
	strange atomic.Int64 // requests that are no publish
}

func startHub(t *testing.T, status int, answer string) *hub {
	found := &hub{}
	found.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		count, ok := countEvents(body)
		if !ok || request.Header.Get("Authorization") != "Bearer secret" {
			found.strange.Add(1)
		}
		found.events.Add(count)
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(found.Close)
	return found
}

type event struct {
	Topic string
	Data  struct {
		Body struct {
			SentNs int64 `json:"sent_ns"`
		}
	}
}

func countEvents(body []byte) (int64, bool) {
	var one event
	if json.Unmarshal(body, &one) == nil {
		return 1, one.Topic == "bench" && one.Data.Body.SentNs > 0
	}
	var list []event
	err := json.Unmarshal(body, &list)
	return int64(len(list)), err == nil && list[0].Data.Body.SentNs > 0
}

func run(t *testing.T, url string, clients int, plan plan, batch int) summary {
	bodies, err := newBodies("bench", batch, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	return publish(url, "secret", clients, plan, bodies).summary(batch)
}

func TestEveryEventIsPublishedOnce(t *testing.T) {
	for _, batch := range []int{1, 25} {
		hub := startHub(t, 202, `{}`)
		got := run(t, hub.URL, 8, closedLoop(500, batch), batch)
		if got.Sent != 500 || hub.events.Load() != 500 || hub.strange.Load() != 0 || got.Statuses["202"] != 500/batch {
			t.Errorf("batch %d: got %+v, the hub %d events", batch, got, hub.events.Load())
		}
	}
}

func TestRefusedEventsAreNotCountedAsSent(t *testing.T) {
	refused := run(t, startHub(t, 401, `no token`).URL, 2, closedLoop(10, 1), 1)
	if refused.Sent != 0 || refused.Statuses["401"] != 10 || refused.FirstError != "no token" {
		t.Errorf("got %+v", refused)
	}
	partly := run(t, startHub(t, 202, `{"results":[{"problem":{}},{}]}`).URL, 1, closedLoop(2, 2), 2)
	if partly.Sent != 1 || partly.Problems != 1 {
		t.Errorf("got %+v", partly)
	}
}

func TestAHubThatIsAwayGivesErrors(t *testing.T) {
	hub := startHub(t, 202, `{}`)
	hub.Close()
	if got := run(t, hub.URL, 2, closedLoop(4, 1), 1); got.Errors != 4 || got.Sent != 0 || got.FirstError == "" {
		t.Errorf("got %+v", got)
	}
}

func TestLatencyCountsFromTheScheduleWhenTheClientsAreBusy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.WriteHeader(202)
	}))
	defer server.Close()
	// One client answered every 20 ms is asked for 10 requests, one a millisecond: the last is at least 190 ms late.
	got := run(t, server.URL, 1, openLoop(1000, 0.01, 1, time.Now()), 1)
	if got.Sent != 10 || got.LatencyMs.Max < 190 {
		t.Errorf("got %+v", got)
	}
}

func TestTheScheduleHasOneRequestForEachBatch(t *testing.T) {
	plan := openLoop(1000, 2, 100, time.Now())
	if plan.requests != 20 || plan.interval != 100*time.Millisecond {
		t.Errorf("got %+v", plan)
	}
}

func TestTheStampIsPutIntoAnyObject(t *testing.T) {
	for object, want := range map[string]string{
		`{}`:            `{"sent_ns":7}`,
		` {"a": [1.0]}`: `{"sent_ns":7,"a": [1.0]}`,
	} {
		rest, err := afterStamp([]byte(object))
		if err != nil {
			t.Fatal(err)
		}
		var buffer bytes.Buffer
		bodies{[]byte(`"t"`), rest, 1}.write(&buffer, time.Unix(0, 7))
		if got := buffer.String(); got != `{"topic":"t","data":{"body":`+want+`}}` {
			t.Errorf("%s became %s", object, got)
		}
	}
	if _, err := afterStamp([]byte(`[1]`)); err == nil {
		t.Error("a list was taken for an object")
	}
}
