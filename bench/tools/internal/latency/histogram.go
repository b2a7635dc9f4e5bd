// Package latency counts durations in logarithmic buckets: any number of them in fixed memory.
package latency

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Each power of two is cut into 32 buckets, so a quantile is exact to within 1/64 of its value.
const (
	subBits    = 5
	subBuckets = 1 << subBits
	maxBits    = 37 // 2^37 µs are 38 hours
	buckets    = (maxBits - subBits + 1) * subBuckets
)

// Histogram counts durations with a resolution of one microsecond. The zero value is empty; it may be shared.
type Histogram struct {
	counts [buckets]atomic.Uint32
	total  atomic.Uint64
	max    atomic.Int64
}

// Summary tells the quantiles of a histogram, in milliseconds.
type Summary struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Add counts one duration; a negative one, as two clocks may give, counts as zero.
func (h *Histogram) Add(duration time.Duration) {
	micros := max(duration.Microseconds(), 0)
	h.counts[bucketOf(uint64(micros))].Add(1)
	h.total.Add(1)
	for seen := h.max.Load(); micros > seen; seen = h.max.Load() {
		if h.max.CompareAndSwap(seen, micros) {
			return
		}
	}
}

// Quantile is the duration that the given share (0 to 1) of the counted ones does not exceed, in milliseconds.
func (h *Histogram) Quantile(share float64) float64 {
	rank := max(uint64(share*float64(h.total.Load())+0.5), 1)
	var seen uint64
	for index := range h.counts {
		seen += uint64(h.counts[index].Load())
		if seen >= rank {
			return min(middleOf(index), float64(h.max.Load())) / 1000
		}
	}
	return float64(h.max.Load()) / 1000
}

// Summary is what a report needs.
func (h *Histogram) Summary() Summary {
	return Summary{
		Count: h.total.Load(),
		P50:   h.Quantile(0.50),
		P90:   h.Quantile(0.90),
		P99:   h.Quantile(0.99),
		Max:   float64(h.max.Load()) / 1000,
	}
}

// bucketOf gives small numbers a bucket each, and larger ones a bucket by their leading bits.
func bucketOf(micros uint64) int {
	if micros < subBuckets {
		return int(micros)
	}
	shift := bits.Len64(micros) - subBits - 1
	index := (shift+1)*subBuckets + int(micros>>shift) - subBuckets
	return min(index, buckets-1)
}

// middleOf is the middle of a bucket, in microseconds.
func middleOf(index int) float64 {
	if index < subBuckets {
		return float64(index)
	}
	shift := index/subBuckets - 1
	lowest := uint64(index%subBuckets+subBuckets) << shift
	return float64(lowest) + float64(uint64(1)<<shift-1)/2
}
