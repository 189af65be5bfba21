package userdiff

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	usersync "usersync/sync"
)

// A record is something about a user, filed under a key. Its bytes are only good
// until the next one is read.
type record struct {
	key   []byte
	id    usersync.ID
	value []byte
}

// compare orders records by their keys and, of one key, by their users.
func (r record) compare(other record) int {
	return cmp.Or(bytes.Compare(r.key, other.key), bytes.Compare(r.id[:], other.id[:]))
}

// A sorter puts records in order. What is more than its memory it sorts piece by
// piece into a temporary file, whose pieces are merged as they are read.
type sorter struct {
	dir    string
	memory int // bytes

	bytes  []byte // of what is not in the file
	slots  []slot
	file   *spool // nil as long as memory does
	pieces []piece
	count  int
}

// A slot is where a record stands in memory.
type slot struct{ at, key, value int } // key and value are lengths

// A piece is a part of the file whose records are in order.
type piece struct{ at, size int64 }

// slotSize is about what a slot takes.
const slotSize = 24

// add files a record. Of those with the same key and user, the order is kept.
func (s *sorter) add(r record) error {
	if held := len(s.bytes) + slotSize*len(s.slots); held > 0 && held+slotSize+len(r.key)+len(r.id)+len(r.value) > s.memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.slots = append(s.slots, slot{len(s.bytes), len(r.key), len(r.value)})
	s.bytes = append(append(append(s.bytes, r.key...), r.id[:]...), r.value...)
	s.count++
	return nil
}

func (s *sorter) at(where slot) (r record) {
	all := s.bytes[where.at : where.at+where.key+len(r.id)+where.value]
	r.key, r.value = all[:where.key], all[where.key+len(r.id):]
	copy(r.id[:], all[where.key:])
	return r
}

// sort orders what is in memory.
func (s *sorter) sort() {
	slices.SortFunc(s.slots, func(a, b slot) int {
		return cmp.Or(s.at(a).compare(s.at(b)), cmp.Compare(a.at, b.at))
	})
}

// spill makes what is in memory the next piece of the file.
func (s *sorter) spill() (err error) {
	if s.file == nil {
		if s.file, err = newSpool(s.dir); err != nil {
			return err
		}
	}
	s.sort()
	begin := s.file.size
	out := bufio.NewWriterSize(s.file, 64<<10)
	var lengths []byte
	for _, where := range s.slots {
		lengths = binary.AppendUvarint(lengths[:0], uint64(where.key))      //nolint:gosec // a length
		lengths = binary.AppendUvarint(lengths, uint64(where.value))        //nolint:gosec // a length
		_, _ = out.Write(lengths)                                           // Flush tells
		_, _ = out.Write(s.bytes[where.at:][:where.key+idSize+where.value]) // Flush tells
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write a temporary file: %w", err)
	}
	s.pieces = append(s.pieces, piece{begin, s.file.size - begin})
	s.bytes, s.slots = s.bytes[:0], s.slots[:0]
	return nil
}

const idSize = len(usersync.ID{})

// close removes the file, if there is one, and forgets everything.
func (s *sorter) close() error {
	file := s.file
	*s = sorter{}
	if file == nil {
		return nil
	}
	return file.close()
}
