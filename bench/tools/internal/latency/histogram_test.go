package latency

import (
	"math"
	"testing"
	"time"
)

func TestQuantilesAreExactToWithinASixtyFourth(t *testing.T) {
	var histogram Histogram
	for millis := 1; millis <= 1000; millis++ {
		histogram.Add(time.Duration(millis) * time.Millisecond)
	}
	for _, share := range []float64{0.01, 0.25, 0.5, 0.9, 0.99} {
		want := share * 1000
		if got := histogram.Quantile(share); math.Abs(got-want) > want/64 {
			t.Errorf("quantile %v is %v ms, want %v ms", share, got, want)
		}
	}
}

func TestEveryDurationLiesInTheBucketThatItsMiddleNames(t *testing.T) {
	for micros := uint64(0); micros < 1<<36; micros += 1 + micros/7 {
		middle := middleOf(bucketOf(micros))
		if math.Abs(middle-float64(micros)) > float64(micros)/64+0.5 {
			t.Fatalf("%d µs lie in the bucket around %v µs", micros, middle)
		}
	}
}

func TestNoQuantileExceedsTheMaximum(t *testing.T) {
	var histogram Histogram
	histogram.Add(64 * time.Microsecond) // the middle of its bucket is 64.5
	if summary := histogram.Summary(); summary.Max != 0.064 || summary.P99 != 0.064 {
		t.Errorf("got %+v", summary)
	}
}

func TestANegativeDurationCountsAsZero(t *testing.T) {
	var histogram Histogram
	histogram.Add(-time.Second)
	if summary := histogram.Summary(); summary != (Summary{Count: 1}) {
		t.Errorf("got %+v", summary)
	}
}

func TestAnEmptyHistogramIsAllZeros(t *testing.T) {
	var histogram Histogram
	if summary := histogram.Summary(); summary != (Summary{}) {
		t.Errorf("got %+v", summary)
	}
}

func TestADurationBeyondTheLastBucketIsStillCounted(t *testing.T) {
	var histogram Histogram
	histogram.Add(1000 * time.Hour)
	if summary := histogram.Summary(); summary.Count != 1 || summary.Max != 3.6e9 {
		t.Errorf("got %+v", summary)
	}
}
