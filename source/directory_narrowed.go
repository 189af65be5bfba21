package source

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"log/slog"
	"slices"
	"sync"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// narrowFrom is how many login IDs are asked for before a mirror is read to ask for
// fewer: that takes as long as some fifty requests where it holds many users.
const narrowFrom = 5000

// Everybody is users who are read whole, as a [usersync.Source] has them.
type Everybody interface {
	Users(ctx context.Context, fields usersync.FieldSet, census *usersync.Census) iter.Seq2[*usersync.User, error]
}

// Narrowed is a directory that asks for no login ID that nobody has in a mirror.
// Who came to exist after the mirror was written is not found by it, so what is
// made of the answers must do no harm then: records that create are sent to be
// skipped where somebody exists. It is safe for concurrent use.
type Narrowed struct {
	userimport.Directory

	mirror Everybody
	log    *slog.Logger

	mutex sync.Mutex // held while the mirror is read, for which everybody waits
	asked int
	read  bool
	known *loginIDs // nil where all is asked for
}

// NewNarrowed narrows what a directory is asked for by who is in a mirror. This is
// read once there was enough to ask for, and remembered by eight bytes a login ID.
// One that cannot be read, or does not hold identities, narrows nothing, which the
// logger is told; nil is none.
func NewNarrowed(directory userimport.Directory, mirror Everybody, logger *slog.Logger) *Narrowed {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Narrowed{Directory: directory, mirror: mirror, log: logger}
}

// Find says who holds each value, in their order; nobody, without asking, of those
// that nobody has in the mirror.
func (n *Narrowed) Find(ctx context.Context, kind userimport.Identifier, values []string) ([]userimport.Found, error) {
	known, err := n.loginIDs(ctx, len(values))
	if err != nil {
		return nil, err
	}
	if known == nil {
		return n.Directory.Find(ctx, kind, values)
	}
	var asked []string
	var at []int
	for i, value := range values {
		if known.has(kind, value) {
			asked, at = append(asked, value), append(at, i)
		}
	}
	found := make([]userimport.Found, len(values))
	if len(asked) == 0 {
		return found, nil
	}
	answers, err := n.Directory.Find(ctx, kind, asked)
	if err != nil {
		return nil, err
	}
	if len(answers) != len(asked) {
		return nil, fmt.Errorf("find users by %s: %d answers to %d questions", kind, len(answers), len(asked))
	}
	for i, answer := range answers {
		found[at[i]] = answer
	}
	return found, nil
}

// loginIDs are those of the mirror; nil before it is worth its while, and where
// they cannot be told.
func (n *Narrowed) loginIDs(ctx context.Context, more int) (*loginIDs, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.asked += more
	if n.read || n.asked < narrowFrom {
		return n.known, nil
	}
	known, err := readLoginIDs(ctx, n.mirror)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		n.log.Warn("the mirror does not help to look people up, so Authgear is asked for everybody", "error", err)
	default:
		n.log.Info("Authgear is not asked for login IDs that nobody in the mirror has", "login_ids", len(known.hashes))
		n.known = known
	}
	n.read = true
	return n.known, nil
}

// loginIDs are hashes of login IDs. Two that share one are asked for both.
type loginIDs struct {
	seed   maphash.Seed
	hashes []uint64 // sorted
}

func readLoginIDs(ctx context.Context, mirror Everybody) (*loginIDs, error) {
	known := &loginIDs{seed: maphash.MakeSeed()}
	fields := usersync.FieldsNamed([]string{"identities"})
	field, _ := fields.Lookup("identities")
	census := new(usersync.Census)
	for user, err := range mirror.Users(ctx, fields, census) {
		if err != nil {
			return nil, err
		}
		identities, _ := user.Get(field).([]any)
		for _, identity := range identities {
			known.add(identity)
		}
	}
	if !census.Complete {
		return nil, errors.New("the mirror was not read to its end")
	}
	slices.Sort(known.hashes)
	known.hashes = slices.Compact(known.hashes)
	return known, nil
}

// add takes in what Authgear finds an identity's user by, whatever its type.
func (l *loginIDs) add(identity any) {
	object, _ := identity.(map[string]any)
	claims, _ := object["claims"].(map[string]any)
	for _, kind := range userimport.Identifiers() {
		if claim, has := claims[string(kind)].(string); has {
			l.hashes = append(l.hashes, l.hash(kind, claim))
		}
	}
}

func (l *loginIDs) has(kind userimport.Identifier, value string) bool {
	_, found := slices.BinarySearch(l.hashes, l.hash(kind, value))
	return found
}

func (l *loginIDs) hash(kind userimport.Identifier, value string) uint64 {
	return maphash.String(l.seed, string(kind)+" "+kind.Normalize(value))
}
