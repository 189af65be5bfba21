package importer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A history is what a journal says of the runs before: a bit for each row that
// is done, and more only of those that are open.
type history struct {
	header   *importEntry
	done     bitmap
	open     map[int]*openRow
	posts    map[int]*openPost // those with open rows, by sequence number
	seq      int               // the last
	size     int64             // of the lines that are whole
	ended    int               // how many are done
	good     bool              // somebody was created or updated
	finished bool
}

// An openRow is a row whose end is not known.
type openRow struct {
	digest userimport.Digest
	user   usersync.ID
	seen   userimport.Digest // the user's fingerprint before the last of the posts; zero where nobody noted it
	posts  []int             // in which it may have been sent; never empty
	first  time.Time         // when that was first
}

// An openPost is a POST whose rows are not all done.
type openPost struct {
	update bool
	job    string
	sent   int
	at     time.Time
	index  map[int]int // of its rows, by their numbers, in the POST
}

func newHistory() *history {
	return &history{open: make(map[int]*openRow), posts: make(map[int]*openPost)}
}

// touched says whether anything may have been sent.
func (h *history) touched() bool { return h.ended+len(h.open) > 0 }

// A damagedError means that the journal is not as it was written.
type damagedError struct {
	path string
	line int
	what string
}

func (e *damagedError) Error() string {
	return fmt.Sprintf("line %d of %s is damaged: %s. What was sent cannot be told from it any more. "+
		"Put back a copy of the file that is whole; or begin anew with --restart, which looks up who exists by now and cannot make anybody twice",
		e.line, e.path, e.what)
}

// readHistory reads a journal. A last line without its end was being written
// when the program was killed, and counts as never written.
func readHistory(path string) (*history, error) {
	h := newHistory()
	line := 0
	err := readLines(path, -1, func(text []byte) error {
		line++
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return &damagedError{path, line, "it is not what a run writes"}
		}
		if what := h.apply(e, line); what != "" {
			return &damagedError{path, line, what}
		}
		h.size += int64(len(text)) + 1
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// readLines yields the whole lines of a file, of its first so many bytes unless
// that is negative.
func readLines(path string, size int64, each func(text []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	var from io.Reader = file
	if size >= 0 {
		from = io.LimitReader(file, size)
	}
	lines := bufio.NewReaderSize(from, 1<<16)
	for {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := each(text[:len(text)-1]); err != nil {
			return err
		}
	}
}

// replayFile yields the results in a journal.
func replayFile(path string, size int64, each func(userimport.Result) error) error {
	return readLines(path, size, func(text []byte) error {
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("read journal %s: %w", path, err)
		}
		if e.Result == nil {
			return nil
		}
		return e.Result.each(each)
	})
}

// apply takes a line in, and says what is wrong with it, if anything is.
func (h *history) apply(e entry, line int) string {
	if (e.Import != nil) != (line == 1) {
		return "an import begins where none should, or does not begin"
	}
	if h.finished {
		return "it comes after the end"
	}
	switch {
	case e.Import != nil:
		if e.Import.Version != journalVersion {
			return fmt.Sprintf("it was written by another version of the program (form %d, here %d)", e.Import.Version, journalVersion)
		}
		h.header = e.Import
		return ""
	case e.Post != nil:
		return h.post(e.Post)
	case e.Posted != nil:
		post := h.posts[e.Posted.Seq]
		if post == nil {
			return "it is about a POST that was not made"
		}
		post.job = e.Posted.Job
		return ""
	case e.Lost != nil:
		return ""
	case e.Refused != nil:
		return h.refused(e.Refused.Seq)
	case e.Result != nil:
		return h.result(e.Result)
	case e.Finished != nil:
		h.finished = true
		return ""
	default:
		return "it says nothing"
	}
}

// maxRow is more rows than any table has; a greater number is damage.
const maxRow = 1 << 30

func (h *history) post(e *postEntry) string {
	if e.Seq <= h.seq || len(e.Digests) != len(e.Rows) || e.Update && len(e.Users) != len(e.Rows) ||
		len(e.Seen) != 0 && len(e.Seen) != len(e.Rows) {
		return "it does not fit what is before it"
	}
	h.seq = e.Seq
	post := &openPost{update: e.Update, sent: len(e.Rows), at: e.At, index: make(map[int]int, len(e.Rows))}
	h.posts[e.Seq] = post
	for i, number := range e.Rows {
		if number < 1 || number > maxRow || h.done.has(number) {
			return fmt.Sprintf("row %d cannot have been sent then", number)
		}
		post.index[number] = i
		open := h.open[number]
		if open == nil {
			open = &openRow{digest: e.Digests[i], first: e.At}
			h.open[number] = open
		}
		if e.Update {
			open.user, open.seen = e.Users[i], userimport.Digest{}
		}
		if len(e.Seen) > 0 {
			open.seen = e.Seen[i]
		}
		open.posts = append(open.posts, e.Seq)
	}
	return ""
}

// refused takes a POST back.
func (h *history) refused(seq int) string {
	post := h.posts[seq]
	if post == nil {
		return "it is about a POST that was not made"
	}
	for number := range post.index {
		open := h.open[number]
		if open == nil || open.posts[len(open.posts)-1] != seq {
			return fmt.Sprintf("row %d was not in that POST last", number)
		}
		if open.posts = open.posts[:len(open.posts)-1]; len(open.posts) == 0 {
			delete(h.open, number)
		}
	}
	delete(h.posts, seq)
	return ""
}

func (h *history) result(e *resultEntry) string {
	for _, result := range e.Rows {
		open := h.open[result.Row]
		if open == nil {
			return fmt.Sprintf("row %d ends without having been sent, or twice", result.Row)
		}
		for _, seq := range open.posts {
			post := h.posts[seq]
			if delete(post.index, result.Row); len(post.index) == 0 {
				delete(h.posts, seq)
			}
		}
		delete(h.open, result.Row)
		h.done.set(result.Row)
		h.ended++
		h.good = h.good || result.Outcome == userimport.Created || result.Outcome == userimport.Updated
	}
	return ""
}

// A bitmap is a set of row numbers.
type bitmap []uint64

func (b bitmap) has(row int) bool {
	word := row / 64
	return row >= 0 && word < len(b) && b[word]&(1<<(row%64)) != 0
}

func (b *bitmap) set(row int) {
	word := row / 64
	if word >= len(*b) {
		*b = append(*b, make([]uint64, word+1-len(*b))...)
	}
	(*b)[word] |= 1 << (row % 64)
}
