package usersync

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Limit is how many users of a number something may concern: a plain number,
// or a percentage. A percentage of a small number would allow nobody, so it
// allows at least the percentage rounded up, as long as that is no more than ten.
type Limit struct {
	percent float64
	count   int
}

// Percent is a limit of so many of a hundred.
func Percent(percent float64) Limit { return Limit{percent: percent} }

// ParseLimit reads "5%" or "20".
func ParseLimit(text string) (Limit, error) {
	if number, isPercent := strings.CutSuffix(text, "%"); isPercent {
		percent, err := strconv.ParseFloat(number, 64)
		if err != nil || !(percent >= 0 && percent <= 100) {
			return Limit{}, fmt.Errorf("limit %q: the percentage must be a number from 0%% to 100%%", text)
		}
		return Limit{percent: percent}, nil
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 {
		return Limit{}, fmt.Errorf("limit %q: must be a number of users, like 20, or a percentage, like 5%%", text)
	}
	return Limit{count: count}, nil
}

// Of is how many of n users the limit allows.
func (l Limit) Of(n int) int {
	if l.percent == 0 {
		return l.count
	}
	share := l.percent * float64(n) / 100
	return max(int(math.Floor(share)), min(10, int(math.Ceil(share))))
}

// String spells the limit as ParseLimit reads it.
func (l Limit) String() string {
	if l.percent == 0 {
		return strconv.Itoa(l.count)
	}
	return strconv.FormatFloat(l.percent, 'g', -1, 64) + "%"
}
