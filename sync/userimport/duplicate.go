package userimport

import (
	"hash/maphash"
	"slices"
)

// Duplicates finds login IDs that stand in more than one row, without keeping
// those that do not. Every login ID is added first, of which it remembers four
// bytes and some slack: 5 million rows with three each take about 80 MB. Then, if
// there are any suspects, every login ID is noted with its place, the row's line or
// number, and only those that stood in more than one row are kept.
type Duplicates struct {
	seed maphash.Seed
	// seen has what is left of each hash in the bucket of its lowest bits.
	seen     map[Identifier]*[buckets][]uint32
	suspects map[suspect]struct{}
	// noted is exact where a suspect may be two values with one short hash.
	noted map[login]places
}

// buckets is as many as 12 bits count: with the 32 bits that are kept, among 5
// million values less than one other is taken for a suspect by chance.
const buckets = 1 << 12

// A suspect is the part of a hash that is kept, of a value that was added twice,
// or of two values that share it.
type suspect struct {
	kind Identifier
	hash uint64
}

type login struct {
	kind  Identifier
	value string
}

// places are where a value stands: the first few places, and how many there are.
type places struct {
	first []int
	all   int
}

// mostPlaces is how many places of a value are kept. Somebody who mends a table
// goes through its rows again, and a column filled with one value names no more.
const mostPlaces = 10

// NewDuplicates knows of no login ID yet.
func NewDuplicates() *Duplicates {
	d := &Duplicates{
		seed: maphash.MakeSeed(), seen: make(map[Identifier]*[buckets][]uint32),
		suspects: make(map[suspect]struct{}), noted: make(map[login]places),
	}
	for _, kind := range Identifiers() {
		d.seen[kind] = new([buckets][]uint32)
	}
	return d
}

// Add takes a login ID in, as [Identifier.Normalize] gives it. It is called for
// every row before Suspects, and not after.
func (d *Duplicates) Add(kind Identifier, normalized string) {
	bucket, rest := split(d.hash(normalized))
	d.seen[kind][bucket] = append(d.seen[kind][bucket], rest)
}

// Suspects is how many values may have been added more than once: with none,
// there is nothing to note. It forgets all others.
func (d *Duplicates) Suspects() int {
	for kind, seen := range d.seen {
		for bucket, rests := range seen {
			slices.Sort(rests)
			for i := 1; i < len(rests); i++ {
				if rests[i] == rests[i-1] {
					d.suspects[suspect{kind, join(bucket, rests[i])}] = struct{}{}
				}
			}
			seen[bucket] = nil
		}
	}
	return len(d.suspects)
}

// Note takes down where a login ID stands: no two rows have one place. It is called
// for every row, in order, after Suspects.
func (d *Duplicates) Note(kind Identifier, normalized string, place int) {
	bucket, rest := split(d.hash(normalized))
	if _, suspected := d.suspects[suspect{kind, join(bucket, rest)}]; !suspected {
		return
	}
	at := d.noted[login{kind, normalized}]
	if at.all++; len(at.first) < mostPlaces {
		at.first = append(at.first, place)
	}
	d.noted[login{kind, normalized}] = at
}

// Others are the places of a login ID of a row without the row's own: the first few,
// and how many there are besides. There are none for a login ID that stands in one
// row alone.
func (d *Duplicates) Others(kind Identifier, normalized string, place int) (others []int, more int) {
	at := d.noted[login{kind, normalized}]
	for _, other := range at.first {
		if other != place {
			others = append(others, other)
		}
	}
	return others, max(at.all-1, 0) - len(others)
}

func (d *Duplicates) hash(value string) uint64 { return maphash.String(d.seed, value) }

func split(hash uint64) (bucket int, rest uint32) {
	return int(hash % buckets), uint32(hash / buckets) //nolint:gosec // the bits above are not kept
}

func join(bucket int, rest uint32) uint64 { return uint64(rest)*buckets + uint64(bucket) } //nolint:gosec // a bucket is no negative
