package main

import (
	"testing"

	"usersync/source"
)

// TestSpeedHint names what the figures say is in the way, and nothing else.
func TestSpeedHint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		pages  [3]float64 // a second, with 1, 2 and 4 workers
		chosen int
		rate   float64
		want   string
	}{
		{"the rate", [3]float64{20, 19, 18}, 4, 20, "It is --rate that keeps it to 20: a higher one may be faster"},
		{"the rate, once there are workers", [3]float64{6, 12, 19.5}, 4, 20, "It is --rate that keeps it to 20: a higher one may be faster"},
		{"the server, after a start that the rate let pass", [3]float64{22.9, 7.1, 7.8}, 4, 20, "--concurrency 1 is as good, and gentler"},
		{"the server", [3]float64{3.5, 7.1, 7.2}, 4, 20, "--concurrency 2 is as good, and gentler"},
		{"the workers", [3]float64{3.5, 7.1, 8.3}, 2, 20, "--concurrency 4 is faster: about 1.9 s"},
		{"nothing", [3]float64{3.5, 7.1, 8.3}, 4, 20, ""},
		{"no rate", [3]float64{3.5, 7.1, 19}, 4, 0, ""},
	} {
		var paces []source.Pace
		for i, workers := range triedWorkers() {
			paces = append(paces, source.Pace{Workers: workers, Pages: test.pages[i]})
		}
		if got := speedHint(paces, test.chosen, test.rate, 1500); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
