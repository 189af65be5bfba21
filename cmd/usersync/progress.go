package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	usersync "usersync/sync"
)

// A progress shows people how far a run is.
type progress interface {
	update(p usersync.Progress)
	// close takes away what was drawn.
	close()
}

// progressWords say what goes on, and of what it is counted how many, from how
// many on: those were done before it began, and say nothing of its speed.
type progressWords struct {
	doing, of string
	from      int
}

func readingUsers() progressWords { return progressWords{doing: "reading users", of: "users"} }

// showProgress is a bar on a terminal and a log line now and then elsewhere.
func (a *app) showProgress(bar bool, words progressWords) progress {
	if bar {
		return newProgressBar(a.stderr, a.now, words)
	}
	return &progressLog{words: words, logger: a.logger, now: a.now, started: a.now(), last: a.now()}
}

// progressInterval is the time between two log lines.
const progressInterval = 10 * time.Second

type progressLog struct {
	words         progressWords
	logger        *slog.Logger
	now           func() time.Time
	started, last time.Time
}

func (l *progressLog) update(p usersync.Progress) {
	now := l.now()
	if now.Sub(l.last) < progressInterval {
		return
	}
	l.last = now
	attributes := []any{l.words.of, p.Users}
	if p.Total >= 0 {
		attributes = append(attributes, "of", p.Total)
	}
	l.logger.Info(l.words.doing, append(attributes, "per_second", int(perSecond(p.Users-l.words.from, now.Sub(l.started))))...)
}

func (l *progressLog) close() {}

type progressBar struct {
	console   *console
	container *mpb.Progress
	bar       *mpb.Bar
	shown     int // what the bar was told
	counted   atomic.Bool
}

// barStep is how many users more make it worth telling the bar, which draws
// itself a few times a second.
const barStep = 20

func newProgressBar(to *console, now func() time.Time, words progressWords) *progressBar {
	started := now()
	doing := strings.ToUpper(words.doing[:1]) + words.doing[1:] + "  "
	container := mpb.New(mpb.WithOutput(to.out))
	b := &progressBar{console: to, container: container}
	b.bar = container.New(0, mpb.BarStyle().Lbound("").Filler("█").Tip("█").Padding("░").Rbound(""),
		mpb.BarWidth(30),
		mpb.PrependDecorators(decor.Any(func(s decor.Statistics) string {
			if s.Current == 0 {
				return doing
			}
			if !b.counted.Load() {
				return doing + grouped(int(s.Current)) + "  "
			}
			return doing + grouped(int(s.Current)) + " of " + grouped(int(s.Total)-1) + "  "
		})),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string {
			return pace(int(s.Current)-words.from, int(s.Total)-1-words.from, now().Sub(started))
		})),
	)
	to.writeAbove(container)
	return b
}

// update never lets the bar be full: a full bar of mpb is done and stays as it
// is, and more users than were counted may come. So the bar's total is one more
// than people are told.
func (b *progressBar) update(p usersync.Progress) {
	if p.Users-b.shown < barStep {
		return
	}
	b.shown = p.Users
	b.counted.Store(p.Total >= 0)
	b.bar.SetTotal(int64(max(p.Total, p.Users))+1, false)
	b.bar.SetCurrent(int64(p.Users))
}

func (b *progressBar) close() {
	b.console.writeAbove(nil)
	// After Ctrl-C the terminal has written ^C where the bar's last line ended;
	// the bar is wiped from the beginning of that line. Nobody misses this if it
	// cannot be written.
	_, _ = io.WriteString(b.console.out, "\r")
	b.bar.Abort(true)
	b.container.Wait()
}

// pace says how fast it goes and how long it will still take.
func pace(users, total int, elapsed time.Duration) string {
	speed := perSecond(users, elapsed)
	if users == 0 || speed < 0.5 {
		return ""
	}
	if users >= total {
		return fmt.Sprintf("  %s/s", grouped(int(speed)))
	}
	return fmt.Sprintf("  %s/s, %s left", grouped(int(speed)), spent(float64(total-users)/speed))
}

func perSecond(users int, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return float64(users) / elapsed.Seconds()
}
