package arrivals

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestAnIdThatComesAgainIsADuplicate(t *testing.T) {
	arrivals := New()
	for _, id := range []string{"a", "b", "a", "", "a"} {
		arrivals.Add("one", id, 0)
	}
	stats := arrivals.Stats()
	if stats.Requests != 5 || stats.Distinct != 2 || stats.Duplicates != 2 {
		t.Errorf("got %+v", stats)
	}
}

func TestConcurrentArrivalsAreAllCounted(t *testing.T) {
	arrivals := New()
	var group sync.WaitGroup
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for number := range 1000 {
				arrivals.Add(fmt.Sprint(worker%2), fmt.Sprint(worker, number), time.Now().UnixNano())
			}
		}()
	}
	group.Wait()
	stats := arrivals.Stats()
	if stats.Distinct != 8000 || stats.LatencyMs.Count != 8000 || stats.BySubscriber["1"].Requests != 4000 {
		t.Errorf("got %+v", stats)
	}
}

func TestNamesBeyondTheLimitShareOneRow(t *testing.T) {
	arrivals := New()
	for number := range maxNames + 30 {
		arrivals.Add(fmt.Sprint(number), "", 0)
	}
	stats := arrivals.Stats()
	if len(stats.BySubscriber) != maxNames+1 || stats.BySubscriber[others].Requests != 30 {
		t.Errorf("%d names, %d others", len(stats.BySubscriber), stats.BySubscriber[others].Requests)
	}
}

func TestFirstAndLastArrivalEncloseTheRun(t *testing.T) {
	arrivals := New()
	before := time.Now().UnixNano()
	arrivals.Add("one", "", 0)
	arrivals.Add("one", "", 0)
	stats := arrivals.Stats()
	if stats.FirstNs < before || stats.LastNs < stats.FirstNs || stats.LastNs > time.Now().UnixNano() {
		t.Errorf("got %+v", stats)
	}
}
