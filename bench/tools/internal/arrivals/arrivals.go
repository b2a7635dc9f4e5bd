// Package arrivals remembers what reached the receiver: how many requests, when, for whom, and which came twice.
package arrivals

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"switch/bench/tools/internal/latency"
)

const (
	maxNames = 2000      // a histogram takes 4 KiB; further names share one
	maxIDs   = 4_000_000 // an id takes some 20 bytes; further ones are counted as untracked
	shards   = 16
	others   = "others"
)

// Arrivals is shared by all connections.
type Arrivals struct {
	requests   atomic.Int64
	distinct   atomic.Int64
	duplicates atomic.Int64
	untracked  atomic.Int64
	firstNs    atomic.Int64
	lastNs     atomic.Int64
	all        latency.Histogram
	names      sync.Map // of *Subscriber, by name
	nameCount  atomic.Int64
	groups     sync.Map // of *Group, by name
	seed       maphash.Seed
	ids        [shards]idSet
}

// Subscriber is what reached one subscriber.
type Subscriber struct {
	requests atomic.Int64
	latency  latency.Histogram
}

// Group is what reached all subscribers whose names begin with the same word and a slash.
type Group struct {
	requests atomic.Int64
	distinct atomic.Int64
	latency  latency.Histogram
}

type idSet struct {
	mutex sync.Mutex
	seen  map[uint64]struct{}
}

// Stats is the JSON that the receiver answers with. Times are nanoseconds since 1970, 0 if nothing came.
type Stats struct {
	Requests     int64                      `json:"requests"`
	Distinct     int64                      `json:"distinct"`
	Duplicates   int64                      `json:"duplicates"`
	Untracked    int64                      `json:"untracked"`
	FirstNs      int64                      `json:"first_ns"`
	LastNs       int64                      `json:"last_ns"`
	LatencyMs    latency.Summary            `json:"latency_ms"`
	ByGroup      map[string]GroupStats      `json:"by_group"`
	BySubscriber map[string]SubscriberStats `json:"by_subscriber"`
}

// GroupStats is one group's part of Stats.
type GroupStats struct {
	Requests  int64           `json:"requests"`
	Distinct  int64           `json:"distinct"`
	LatencyMs latency.Summary `json:"latency_ms"`
}

// SubscriberStats is one subscriber's part of Stats.
type SubscriberStats struct {
	Requests  int64           `json:"requests"`
	LatencyMs latency.Summary `json:"latency_ms"`
}

// New has seen nothing yet.
func New() *Arrivals {
	arrivals := &Arrivals{seed: maphash.MakeSeed()}
	for index := range arrivals.ids {
		arrivals.ids[index].seen = make(map[uint64]struct{})
	}
	return arrivals
}

// Add counts one request for the subscriber. An empty id is not tracked, a sentNs of 0 gives no latency.
func (a *Arrivals) Add(name, id string, sentNs int64) {
	now := time.Now().UnixNano()
	subscriber, group := a.subscriber(name), a.group(name)
	if sentNs > 0 {
		took := time.Duration(now - sentNs)
		a.all.Add(took)
		subscriber.latency.Add(took)
		group.latency.Add(took)
	}
	if id != "" && a.track(id) {
		group.distinct.Add(1)
	}
	group.requests.Add(1)
	a.firstNs.CompareAndSwap(0, now)
	a.lastNs.Store(now)
	subscriber.requests.Add(1)
	a.requests.Add(1)
}

// Requests is how many came so far, and Distinct how many different ids they bore.
func (a *Arrivals) Requests() int64 { return a.requests.Load() }
func (a *Arrivals) Distinct() int64 { return a.distinct.Load() }

// GroupRequests and GroupDistinct are the same for one group.
func (a *Arrivals) GroupRequests(name string) int64 { return a.group(name + "/").requests.Load() }
func (a *Arrivals) GroupDistinct(name string) int64 { return a.group(name + "/").distinct.Load() }

// Stats is everything so far.
func (a *Arrivals) Stats() Stats {
	stats := Stats{
		Requests:     a.requests.Load(),
		Distinct:     a.distinct.Load(),
		Duplicates:   a.duplicates.Load(),
		Untracked:    a.untracked.Load(),
		FirstNs:      a.firstNs.Load(),
		LastNs:       a.lastNs.Load(),
		LatencyMs:    a.all.Summary(),
		ByGroup:      make(map[string]GroupStats),
		BySubscriber: make(map[string]SubscriberStats),
	}
	a.groups.Range(func(name, value any) bool {
		group := value.(*Group)
		stats.ByGroup[name.(string)] = GroupStats{group.requests.Load(), group.distinct.Load(), group.latency.Summary()}
		return true
	})
	a.names.Range(func(name, value any) bool {
		subscriber := value.(*Subscriber)
		stats.BySubscriber[name.(string)] = SubscriberStats{subscriber.requests.Load(), subscriber.latency.Summary()}
		return true
	})
	return stats
}

func (a *Arrivals) subscriber(name string) *Subscriber {
	if found, ok := a.names.Load(name); ok {
		return found.(*Subscriber)
	}
	if name != others && a.nameCount.Add(1) > maxNames {
		return a.subscriber(others)
	}
	found, _ := a.names.LoadOrStore(name, &Subscriber{})
	return found.(*Subscriber)
}

// group is that of a subscriber's name: the word before its slash, or "" for a name without one.
func (a *Arrivals) group(name string) *Group {
	word, _, isGrouped := strings.Cut(name, "/")
	if !isGrouped {
		word = ""
	}
	if found, ok := a.groups.Load(word); ok {
		return found.(*Group)
	}
	found, _ := a.groups.LoadOrStore(word, &Group{})
	return found.(*Group)
}

// track keeps a 64-bit hash of the id: among a million ids, one in thirty million runs would mistake two for one.
// It reports whether the id is new.
func (a *Arrivals) track(id string) bool {
	hash := maphash.String(a.seed, id)
	set := &a.ids[hash%shards]
	set.mutex.Lock()
	defer set.mutex.Unlock()
	if _, known := set.seen[hash]; known {
		a.duplicates.Add(1)
		return false
	}
	if len(set.seen) >= maxIDs/shards {
		a.untracked.Add(1)
		return false
	}
	set.seen[hash] = struct{}{}
	a.distinct.Add(1)
	return true
}
