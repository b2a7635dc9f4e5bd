package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switch/bench/tools/internal/arrivals"
)

const (
	defaultWait  = 60.0 // seconds
	pollInterval = time.Millisecond
)

// receiver answers /s/{group}/{name} for the subscriber of that name, and what the bench asks at /_stats, /_wait,
// /_reset (forget everything) and /_release (answer all that hang).
type receiver struct {
	track    bool
	arrivals atomic.Pointer[arrivals.Arrivals]
	mutex    sync.Mutex
	released chan struct{} // closed to end the pauses that wait on it
}

func newReceiver(track bool) *receiver {
	r := &receiver{track: track, released: make(chan struct{})}
	r.arrivals.Store(arrivals.New())
	return r
}

// release ends all pauses that are under way; those that begin later are not concerned.
func (r *receiver) release() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	close(r.released)
	r.released = make(chan struct{})
}

func (r *receiver) untilReleased() <-chan struct{} {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.released
}

// ServeHTTP routes by hand: the few paths are known, and most requests take the first branch.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	name, isDelivery := strings.CutPrefix(request.URL.Path, "/s/")
	switch {
	case isDelivery:
		r.receive(w, request, name)
	case request.URL.Path == "/_stats":
		r.tell(w)
	case request.URL.Path == "/_wait":
		r.wait(w, request)
	case request.URL.Path == "/_reset" && request.Method == http.MethodPost:
		r.arrivals.Store(arrivals.New())
	case request.URL.Path == "/_release" && request.Method == http.MethodPost:
		r.release()
	default:
		http.NotFound(w, request)
	}
}

func (r *receiver) receive(w http.ResponseWriter, request *http.Request, name string) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return // the sender gave up half-way: nothing arrived
	}
	id := ""
	if r.track {
		id = request.Header.Get("Webhook-Id")
	}
	r.arrivals.Load().Add(name, id, sentAt(request.Header, body))
	if request.URL.RawQuery != "" {
		if r.behave(w, request) {
			return
		}
	}
	w.WriteHeader(http.StatusOK)
}

// behave does what the subscriber's query says: ?delay_ms= and ?hang_seconds= wait, ?status= answers with another
// status. It reports whether the answer is given.
func (r *receiver) behave(w http.ResponseWriter, request *http.Request) bool {
	query := request.URL.Query()
	pause := number(query.Get("delay_ms"), 0)/1000 + number(query.Get("hang_seconds"), 0)
	select {
	case <-time.After(time.Duration(pause * float64(time.Second))):
	case <-r.untilReleased():
	case <-request.Context().Done():
		return true
	}
	status := int(number(query.Get("status"), 0))
	if status >= 200 && status <= 599 {
		w.WriteHeader(status)
		return true
	}
	return false
}

// wait answers with the stats once ?count= requests came, or ?of=distinct ids, to everybody or to one ?group=; or with
// 408 after ?timeout_seconds=.
func (r *receiver) wait(w http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	count := int64(number(query.Get("count"), 1))
	timeout := number(query.Get("timeout_seconds"), defaultWait)
	deadline := time.Now().Add(time.Duration(timeout * float64(time.Second)))
	arrived := r.counter(query.Get("of"), query.Get("group"))
	for arrived() < count {
		if time.Now().After(deadline) || request.Context().Err() != nil {
			w.WriteHeader(http.StatusRequestTimeout)
			break
		}
		time.Sleep(pollInterval)
	}
	r.tell(w)
}

func (r *receiver) counter(of, group string) func() int64 {
	switch {
	case of == "distinct" && group != "":
		return func() int64 { return r.arrivals.Load().GroupDistinct(group) }
	case of == "distinct":
		return func() int64 { return r.arrivals.Load().Distinct() }
	case group != "":
		return func() int64 { return r.arrivals.Load().GroupRequests(group) }
	default:
		return func() int64 { return r.arrivals.Load().Requests() }
	}
}

func (r *receiver) tell(w http.ResponseWriter) {
	if err := json.NewEncoder(w).Encode(r.arrivals.Load().Stats()); err != nil {
		fmt.Fprintln(w, err)
	}
}

func number(text string, fallback float64) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fallback
	}
	return value
}
