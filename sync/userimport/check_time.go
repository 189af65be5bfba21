package userimport

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// checkBirthdate asks for what OpenID Connect asks for: a date, its year 0000
// where it is not told, or the year alone.
func checkBirthdate(_ *Mapping, text string) (any, *fault) {
	for _, layout := range []string{"2006-01-02", "--01-02", "2006"} {
		if _, err := time.Parse(layout, text); err == nil {
			return text, nil
		}
	}
	return nil, &fault{rule: "a date is written YYYY-MM-DD", hint: dateHint(text)}
}

var (
	dateDigits = regexp.MustCompile(`^(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(?:[T ].*)?$`)
	bareDate   = regexp.MustCompile(`^\d{8}$`)
)

// dateHint is how a date would be written rightly, where it can be read.
func dateHint(text string) string {
	if bareDate.MatchString(text) {
		text = text[:4] + "-" + text[4:6] + "-" + text[6:]
	}
	parts := dateDigits.FindStringSubmatch(text)
	if parts == nil {
		return namedMonthHint(text)
	}
	if len(parts[1]) == 4 && len(parts[3]) <= 2 {
		return writeDate(parts[1], parts[2], parts[3])
	}
	if len(parts[3]) != 4 || len(parts[1]) > 2 {
		return ""
	}
	year := parts[3]
	dayFirst, monthFirst := writeDate(year, parts[2], parts[1]), writeDate(year, parts[1], parts[2])
	switch {
	case dayFirst == "" || dayFirst == monthFirst:
		return monthFirst
	case monthFirst == "":
		return dayFirst
	default:
		return dayFirst + " if the day comes first, " + strings.TrimPrefix(monthFirst, "write ") + " if the month does"
	}
}

// writeDate is nothing for a date that there is not.
func writeDate(year, month, day string) string {
	numbers := make([]int, 0, 3)
	for _, part := range []string{year, month, day} {
		number, err := strconv.Atoi(part)
		if err != nil {
			return ""
		}
		numbers = append(numbers, number)
	}
	written := fmt.Sprintf("%04d-%02d-%02d", numbers[0], numbers[1], numbers[2])
	if _, err := time.Parse(time.DateOnly, written); err != nil {
		return ""
	}
	return "write " + written
}

func namedMonthHint(text string) string {
	for _, layout := range []string{"2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006", "2-Jan-2006"} {
		if date, err := time.Parse(layout, text); err == nil {
			return "write " + date.Format(time.DateOnly)
		}
	}
	return ""
}

// checkTime asks for RFC 3339, the offset from UTC included.
func checkTime(_ *Mapping, text string) (any, *fault) {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return text, nil
	}
	f := &fault{rule: "a time is written as in RFC 3339, such as 2026-12-31T23:59:59Z"}
	if date, err := time.Parse(time.DateOnly, text); err == nil {
		f.hint = "write " + date.Format(time.RFC3339) + ", or with another offset than Z"
		return nil, f
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			f.hint = "write " + at.Format(time.RFC3339Nano) + " if it is in UTC"
			return nil, f
		}
	}
	for _, layout := range []string{"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05-07", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05-0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			f.hint = "write " + at.Format(time.RFC3339Nano)
			return nil, f
		}
	}
	return nil, f
}

// checkBool reads a flag in any of the usual spellings.
func checkBool(value Value) (any, *fault) {
	switch strings.ToLower(value.String()) {
	case "true", "t", "yes", "y", "1":
		return true, nil
	case "false", "f", "no", "n", "0":
		return false, nil
	}
	return nil, &fault{rule: "true or false is asked for", hint: "yes and no, 1 and 0 are taken too"}
}
