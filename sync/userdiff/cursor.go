package userdiff

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A cursor reads what a sorter has, in order.
type cursor struct {
	pending merge
	begun   bool
}

// read begins to read. After it nothing is added until the reading is over.
func (s *sorter) read() (*cursor, error) {
	s.sort()
	c := &cursor{}
	// What is read ahead is bounded, too, however many pieces there are.
	ahead := min(max(s.memory/max(len(s.pieces), 1), 4<<10), 64<<10)
	for i, p := range s.pieces {
		in := bufio.NewReaderSize(io.NewSectionReader(s.file, p.at, p.size), ahead)
		c.pending = append(c.pending, &source{number: i, in: in})
	}
	c.pending = append(c.pending, &source{number: len(s.pieces), sorter: s})
	for _, from := range c.pending {
		if err := from.advance(); err != nil {
			return nil, err
		}
	}
	c.pending = slices.DeleteFunc(c.pending, func(from *source) bool { return from.ended })
	heap.Init(&c.pending)
	return c, nil
}

// next is the next record, if there is one.
func (c *cursor) next() (r record, more bool, err error) {
	if c.begun && len(c.pending) > 0 {
		first := c.pending[0]
		if err := first.advance(); err != nil {
			return record{}, false, err
		}
		if first.ended {
			heap.Pop(&c.pending)
		} else {
			heap.Fix(&c.pending, 0)
		}
	}
	c.begun = true
	if len(c.pending) == 0 {
		return record{}, false, nil
	}
	return c.pending[0].record, true, nil
}

// A source is one piece that is read, of the file or in memory.
type source struct {
	record // the one that is next

	number int
	ended  bool
	in     *bufio.Reader // nil for what is in memory
	bytes  []byte
	sorter *sorter
	seen   int
}

func (s *source) advance() error {
	if s.in != nil {
		return s.readOn()
	}
	if s.ended = s.seen == len(s.sorter.slots); !s.ended {
		s.record = s.sorter.at(s.sorter.slots[s.seen])
		s.seen++
	}
	return nil
}

func (s *source) readOn() error {
	key, err := binary.ReadUvarint(s.in)
	if errors.Is(err, io.EOF) {
		s.ended = true
		return nil
	}
	var value uint64
	if err == nil {
		value, err = binary.ReadUvarint(s.in)
	}
	if err == nil {
		size := int(key) + idSize + int(value) //nolint:gosec // lengths of what was in memory
		s.bytes = slices.Grow(s.bytes[:0], size)[:size]
		_, err = io.ReadFull(s.in, s.bytes)
	}
	if err != nil {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	s.key, s.value = s.bytes[:key], s.bytes[int(key)+idSize:] //nolint:gosec // as above
	copy(s.id[:], s.bytes[key:])
	return nil
}

// A merge is what is read side by side, the least first.
type merge []*source

func (m merge) Len() int      { return len(m) }
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

// Less keeps the order in which equals were added.
func (m merge) Less(i, j int) bool {
	order := m[i].compare(m[j].record)
	return order < 0 || order == 0 && m[i].number < m[j].number
}

// Push and Pop are for the heap alone.
func (m *merge) Push(from any) { *m = append(*m, from.(*source)) } //nolint:forcetypeassert // the heap holds nothing else

func (m *merge) Pop() any {
	last := len(*m) - 1
	from := (*m)[last]
	*m = (*m)[:last]
	return from
}
