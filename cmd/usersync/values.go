package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	usersync "usersync/sync"
)

// A value is a setting's value on its way from text to where the command reads
// it. The errors of parse complete the sentence "--rate is "fast": …".
type value[T any] struct {
	target      *T
	parse       func(string) (T, error)
	format      func(T) string
	placeholder string // what stands for the value in help; none for a switch
	choices     []string
}

// Set reads the text and keeps the last value where it cannot.
func (v *value[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err != nil {
		return err
	}
	*v.target = parsed
	return nil
}

// String spells the value, for help to show the default.
func (v *value[T]) String() string {
	if v.target == nil { // cobra asks the zero value, too
		return ""
	}
	return v.format(*v.target)
}

// Type is what help calls the value.
func (v *value[T]) Type() string { return v.placeholder }

func text(target *string, placeholder string) *value[string] {
	return &value[string]{
		target: target, placeholder: placeholder,
		parse:  func(text string) (string, error) { return text, nil },
		format: func(text string) string { return text },
	}
}

func choice(target *string, placeholder string, choices ...string) *value[string] {
	v := text(target, placeholder)
	v.choices = choices
	v.parse = func(text string) (string, error) {
		if !slices.Contains(choices, text) {
			return "", fmt.Errorf("must be one of %s", strings.Join(choices, ", "))
		}
		return text, nil
	}
	return v
}

func switched(target *bool) *value[bool] {
	return &value[bool]{
		target: target, format: strconv.FormatBool,
		parse: func(text string) (bool, error) {
			on, err := strconv.ParseBool(text)
			if err != nil {
				return false, errors.New("must be true or false")
			}
			return on, nil
		},
	}
}

func whole(target *int, least int) *value[int] {
	return &value[int]{
		target: target, placeholder: "N", format: strconv.Itoa,
		parse: func(text string) (int, error) {
			n, err := strconv.Atoi(text)
			if err != nil || n < least {
				return 0, fmt.Errorf("must be a whole number, %d or more", least)
			}
			return n, nil
		},
	}
}

func number(target *float64, placeholder string, most float64) *value[float64] {
	return &value[float64]{
		target: target, placeholder: placeholder,
		format: func(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) },
		parse: func(text string) (float64, error) {
			n, err := strconv.ParseFloat(text, 64)
			switch {
			case err == nil && n >= 0 && n <= most && !math.IsInf(n, 0):
				return n, nil
			case math.IsInf(most, 0):
				return 0, errors.New("must be a number, 0 or more")
			default:
				return 0, fmt.Errorf("must be a number from 0 to %g", most)
			}
		},
	}
}

func seed(target *uint64) *value[uint64] {
	return &value[uint64]{
		target: target, placeholder: "N",
		format: func(n uint64) string { return strconv.FormatUint(n, 10) },
		parse: func(text string) (uint64, error) {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				return 0, errors.New("must be a whole number, 0 or more")
			}
			return n, nil
		},
	}
}

func duration(target *time.Duration, least time.Duration) *value[time.Duration] {
	return &value[time.Duration]{
		target: target, placeholder: "DURATION", format: shortDuration,
		parse: func(text string) (time.Duration, error) {
			d, err := time.ParseDuration(text)
			if err != nil || d < least {
				return 0, fmt.Errorf("must be a duration like 30s or 5m, %s or more", shortDuration(least))
			}
			return d, nil
		},
	}
}

// shortDuration spells 5 minutes as 5m, not as 5m0s.
func shortDuration(d time.Duration) string {
	spelled := d.String()
	if strings.HasSuffix(spelled, "m0s") {
		spelled = strings.TrimSuffix(spelled, "0s")
	}
	if strings.HasSuffix(spelled, "h0m") {
		spelled = strings.TrimSuffix(spelled, "0m")
	}
	return spelled
}

func limit(target *usersync.Limit) *value[usersync.Limit] {
	return &value[usersync.Limit]{target: target, placeholder: "LIMIT", parse: usersync.ParseLimit, format: usersync.Limit.String}
}

// names reads names with commas between them, or a line each.
func names(target *[]string) *value[[]string] {
	return &value[[]string]{
		target: target, placeholder: "NAMES",
		format: func(list []string) string { return strings.Join(list, ",") },
		parse: func(text string) ([]string, error) {
			var list []string
			for name := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' }) {
				if name = strings.TrimSpace(name); name != "" {
					list = append(list, name)
				}
			}
			return list, nil
		},
	}
}

// A repeated is a setting that can be given several times, each adding to it; in
// the environment, a line each.
type repeated struct {
	target      *[]string
	placeholder string
}

// Set adds what the text says.
func (r *repeated) Set(text string) error {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			*r.target = append(*r.target, line)
		}
	}
	return nil
}

// String has a line for each.
func (r *repeated) String() string {
	if r.target == nil { // cobra asks the zero value, too
		return ""
	}
	return strings.Join(*r.target, "\n")
}

// Type is what help calls the value.
func (r *repeated) Type() string { return r.placeholder }
