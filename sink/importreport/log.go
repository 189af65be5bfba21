package importreport

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"usersync/sync/userimport"
)

// A Log keeps the result of each row, in bounded memory: nine bytes a row, and
// the rest in a temporary file. It is safe for concurrent use.
type Log struct {
	mutex    sync.Mutex
	spool    *os.File
	removed  bool // the file has no name any more, and goes with the program
	size     int64
	outcomes []uint8 // by the row's number less 1: 1 more than the outcome's place, 0 for none
	offsets  []int64 // where in the spool a row's result begins
	unproven []int   // rows that claim a change without evidence, the first few
	counts   []int   // by the outcome's place
}

var _ userimport.Results = (*Log)(nil)

// NewLog keeps results in a file of the folder that only its owner can read, and
// that does not outlive the program, if the system lets it be removed while it is
// open, or else Close. With an empty name the folder is the system's for temporary
// files.
func NewLog(folder string) (*Log, error) {
	spool, err := os.CreateTemp(folder, ".usersync-results-*")
	if err != nil {
		return nil, fmt.Errorf("keep results: %w", err)
	}
	removed := os.Remove(spool.Name()) == nil
	return &Log{spool: spool, removed: removed, counts: make([]int, len(userimport.Outcomes()))}, nil
}

// Close removes the file.
func (l *Log) Close() error {
	err := l.spool.Close()
	if !l.removed {
		err = errors.Join(err, os.Remove(l.spool.Name()))
	}
	return err
}

// Put keeps a row's result. A row has one: a second is an error.
func (l *Log) Put(result userimport.Result) error {
	place := slices.Index(userimport.Outcomes(), result.Outcome)
	if result.Row < 1 || place < 0 {
		return fmt.Errorf("keep the result of row %d: there is no such row, or no outcome %q", result.Row, result.Outcome)
	}
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("keep the result of row %d: %w", result.Row, err)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if before, known := l.outcomeOf(result.Row); known {
		return fmt.Errorf("row %d came to two ends, first %s and then %s", result.Row, before, result.Outcome)
	}
	offset, err := l.append(text)
	if err != nil {
		return fmt.Errorf("keep the result of row %d: %w", result.Row, err)
	}
	if missing := result.Row - len(l.outcomes); missing > 0 {
		l.outcomes = append(l.outcomes, make([]uint8, missing)...)
		l.offsets = append(l.offsets, make([]int64, missing)...)
	}
	l.outcomes[result.Row-1] = uint8(place + 1) //nolint:gosec // there are nine outcomes
	l.offsets[result.Row-1] = offset
	l.counts[place]++
	if !result.Proven() && len(l.unproven) < shown {
		l.unproven = append(l.unproven, result.Row)
	}
	return nil
}

// Annotate adds to the details of a row that has its result.
func (l *Log) Annotate(row int, details []string) (first bool, err error) {
	result, known, err := l.Get(row)
	if err != nil {
		return false, err
	}
	if !known {
		return false, fmt.Errorf("add to the result of row %d: it has none", row)
	}
	before := result.Warned()
	result.Details = append(result.Details, details...)
	text, err := json.Marshal(result)
	if err != nil {
		return false, fmt.Errorf("add to the result of row %d: %w", row, err)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	offset, err := l.append(text)
	if err != nil {
		return false, fmt.Errorf("add to the result of row %d: %w", row, err)
	}
	l.offsets[row-1] = offset
	return result.Warned() && !before, nil
}

// append writes to the spool, and needs the mutex.
func (l *Log) append(text []byte) (offset int64, err error) {
	offset = l.size
	if _, err := l.spool.WriteAt(append(text, '\n'), offset); err != nil {
		return 0, err
	}
	l.size += int64(len(text)) + 1
	return offset, nil
}

func (l *Log) outcomeOf(row int) (userimport.Outcome, bool) {
	if row < 1 || row > len(l.outcomes) || l.outcomes[row-1] == 0 {
		return "", false
	}
	return userimport.Outcomes()[l.outcomes[row-1]-1], true
}

// Get is a row's result; known is false for a row that has none.
func (l *Log) Get(row int) (result userimport.Result, known bool, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if _, known := l.outcomeOf(row); !known {
		return userimport.Result{}, false, nil
	}
	reader := json.NewDecoder(io.NewSectionReader(l.spool, l.offsets[row-1], l.size-l.offsets[row-1]))
	if err := reader.Decode(&result); err != nil {
		return userimport.Result{}, false, fmt.Errorf("read back the result of row %d: %w", row, err)
	}
	return result, true, nil
}

// Outcome is a row's outcome alone, without reading anything; empty for none.
func (l *Log) Outcome(row int) userimport.Outcome {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	outcome, _ := l.outcomeOf(row)
	return outcome
}

// Count is how many rows came to an outcome.
func (l *Log) Count(outcome userimport.Outcome) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.counts[slices.Index(userimport.Outcomes(), outcome)]
}

// shown is how many rows an error names.
const shown = 5

// Check proves that no row was lost and none counted twice: each from 1 to the
// given number has a result, there are no others, and those that claim a change
// carry their evidence.
func (l *Log) Check(rows int) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var lost []int
	missing := 0
	for row := 1; row <= rows; row++ {
		if _, known := l.outcomeOf(row); known {
			continue
		}
		if missing++; missing <= shown {
			lost = append(lost, row)
		}
	}
	sum := 0
	for _, count := range l.counts {
		sum += count
	}
	switch {
	case missing > 0:
		return fmt.Errorf("%d of %d rows have no result, among them %v; this is a fault of usersync", missing, rows, lost)
	case sum != rows:
		return fmt.Errorf("there are results of %d rows, and the table has %d; this is a fault of usersync", sum, rows)
	case len(l.unproven) > 0:
		return fmt.Errorf("rows are said to be created or updated without evidence, among them %v; this is a fault of usersync", l.unproven)
	}
	return nil
}
