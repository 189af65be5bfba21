package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"usersync/adminapi"
	"usersync/migrations/database"
)

// A findingStatus is what a check found.
type findingStatus string

const (
	statusOK      findingStatus = "ok"
	statusWarning findingStatus = "warning" // worth a look, and stops no run
	statusFailed  findingStatus = "failed"
	statusSkipped findingStatus = "skipped"
)

// A finding is what came of one check.
type finding struct {
	Group  string        `json:"group"`  // settings, authgear or mirror
	Name   string        `json:"name"`   // of the check, or of a setting
	Status findingStatus `json:"status"` // ok, warning, failed or skipped
	Detail string        `json:"detail"` // what was found
	Hint   string        `json:"hint"`   // what to do; empty when nothing is to be done
	code   int           // with statusFailed: what sync would end with
	// blocked is the check for whose sake this was not looked at.
	blocked string
}

func well(format string, args ...any) finding {
	return finding{Status: statusOK, Detail: fmt.Sprintf(format, args...)}
}

func warning(hint, format string, args ...any) finding {
	return finding{Status: statusWarning, Detail: fmt.Sprintf(format, args...), Hint: hint}
}

func skipped(format string, args ...any) finding {
	return finding{Status: statusSkipped, Detail: fmt.Sprintf(format, args...)}
}

// amiss is for what would end a run with an error of that code.
func amiss(code int, hint, format string, args ...any) finding {
	return finding{Status: statusFailed, Detail: fmt.Sprintf(format, args...), Hint: hint, code: code}
}

// failure is for an error that would end a run, with what it says to do apart
// from what it says happened.
func failure(err error) finding {
	f := finding{Status: statusFailed, Detail: sentence(err), code: exitCode(err)}
	if refused, is := errors.AsType[*adminapi.Error](err); is && refused.Hint != "" {
		f.Detail, f.Hint = strings.TrimSuffix(refused.Error(), ": "+refused.Hint), capitalised(refused.Hint)
	}
	if refused, is := errors.AsType[*database.Error](err); is {
		f.Detail, f.Hint = refused.Doing+": "+refused.Reason, refused.Remedy
	}
	if f.Hint == "" {
		f.Detail, f.Hint = remedyIn(f.Detail)
	}
	return f
}

// remedyIn parts what happened from what to do about it, which errors of this
// program say in a sentence of its own or behind a semicolon.
func remedyIn(text string) (happened, remedy string) {
	for _, separator := range []string{". ", "; "} {
		happened, remedy, found := strings.Cut(text, separator)
		if found {
			return happened, capitalised(remedy)
		}
	}
	return text, ""
}

func capitalised(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// fallback is what to do where nothing better is known.
func fallback(code int) string {
	switch code {
	case exitUsage:
		return "Correct the setting that this is about"
	case exitTemporary:
		return "Try again later; if this lasts, find out what hangs"
	default:
		return "If this lasts, report it"
	}
}

// advisory makes less of a finding on what no run needs.
func advisory(f finding) finding {
	if f.Status == statusFailed {
		f.Status = statusWarning
	}
	return f
}

// A check is one line of the doctor's.
type check struct {
	name string
	// after are the checks that must not have failed for this one to tell anything.
	after []string
	// advice is for what no run needs: it does not fail.
	advice bool
	look   func(context.Context) finding
}

// An examination is the findings so far.
type examination struct {
	limit    time.Duration       // of one check
	tell     func(finding) error // nil where findings are told at the end
	findings []finding
}

// check makes one check, or says why not. The error is the context's, or that of
// telling.
func (e *examination) check(ctx context.Context, group string, c check) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, blocked := e.blocked(c)
	if !blocked {
		limited, cancel := context.WithTimeout(ctx, e.limit)
		f = c.look(limited)
		cancel()
		if err := ctx.Err(); err != nil {
			return err // what was found was found in haste
		}
		if f.Status == statusFailed && limited.Err() != nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			f = amiss(exitTemporary, "", "no result within %s", shortDuration(e.limit))
		}
	}
	if f.Status == statusFailed && f.Hint == "" {
		f.Hint = fallback(f.code)
	}
	if c.advice {
		f = advisory(f)
	}
	f.Group, f.Name = group, c.name
	e.findings = append(e.findings, f)
	if e.tell != nil {
		return e.tell(f)
	}
	return nil
}

// blocked finds out whether something before the check is in its way.
func (e *examination) blocked(c check) (finding, bool) {
	for _, name := range c.after {
		i := slices.IndexFunc(e.findings, func(f finding) bool { return f.Name == name })
		if i < 0 || e.findings[i].Status != statusFailed && e.findings[i].blocked == "" {
			continue
		}
		cause := cmp.Or(e.findings[i].blocked, name)
		f := skipped("not looked at: see %s", cause)
		f.blocked = cause
		return f, true
	}
	return finding{}, false
}
