package sink

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	usersync "usersync/sync"
)

// A forgottenList is who must not be mirrored again, in the file NAME.forgotten:
// a line with the key, then a line for each, with the HMAC-SHA-256 of the 16
// bytes of the id under that key. Who they are can be told only for an id that
// one has.
type forgottenList struct {
	key    []byte
	people []forgottenPerson
}

type forgottenKey struct {
	Key []byte `json:"key"`
}

type forgottenPerson struct {
	HMAC []byte    `json:"hmac"`
	At   time.Time `json:"at"`   // when it was asked for
	Mode string    `json:"mode"` // scrub or purge
}

func (p csvPlace) forgotten() string { return p.path + ".forgotten" }

// Forgotten loads the list, forty bytes for each who is on it. One that
// cannot be read is an error: without it they would all come back.
func (c *CSV) Forgotten(ctx context.Context) (func(usersync.ID) bool, error) {
	list, err := c.readForgotten()
	if err := errors.Join(ctx.Err(), err); err != nil || len(list.people) == 0 {
		return nil, err
	}
	places := list.places()
	return func(id usersync.ID) bool {
		_, found := places[keyed(list.key, id)]
		return found
	}, nil
}

// places are where on the list people stand, by what is kept of their ids.
func (l forgottenList) places() map[[forgetKeySize]byte]int {
	places := make(map[[forgetKeySize]byte]int, len(l.people))
	for i, person := range l.people {
		places[[forgetKeySize]byte(person.HMAC)] = i
	}
	return places
}

func (c *CSV) readForgotten() (forgottenList, error) {
	text, err := os.ReadFile(c.place.forgotten())
	if errors.Is(err, fs.ErrNotExist) {
		return forgottenList{}, nil
	}
	var list forgottenList
	if err == nil {
		list, err = parseForgotten(text)
	}
	if err != nil {
		return forgottenList{}, fmt.Errorf("read who must be forgotten: %w", explainFile(err))
	}
	return list, nil
}

func parseForgotten(text []byte) (forgottenList, error) {
	var list forgottenList
	number := 0
	for line := range bytes.Lines(text) {
		number++
		var err error
		if number == 1 {
			var key forgottenKey
			err = json.Unmarshal(line, &key)
			list.key = key.Key
		} else {
			var person forgottenPerson
			err = json.Unmarshal(line, &person)
			list.people = append(list.people, person)
			if len(person.HMAC) != forgetKeySize || person.At.IsZero() {
				err = errors.Join(err, errors.New("it has no hmac, or no time"))
			}
		}
		if err != nil || len(list.key) != forgetKeySize {
			return list, fmt.Errorf("line %d of the list is not as usersync wrote it; put a backup in its place, or remove it and forget everybody on it again", number)
		}
	}
	if number == 0 {
		return list, errors.New("the list is empty, which usersync does not leave it; put a backup in its place, or remove it and forget everybody on it again")
	}
	return list, nil
}

// enlist puts people on the list, which is on the disk when it returns.
func (c *CSV) enlist(ids []usersync.ID, mode string, at time.Time) error {
	list, err := c.readForgotten()
	if err != nil {
		return err
	}
	if list.key == nil {
		list.key = make([]byte, forgetKeySize)
		rand.Read(list.key) // never fails, as its documentation says
	}
	places := list.places()
	for _, id := range ids {
		mac := keyed(list.key, id)
		person := forgottenPerson{HMAC: mac[:], At: at, Mode: mode}
		if i, found := places[mac]; found {
			list.people[i] = person
			continue
		}
		places[mac] = len(list.people)
		list.people = append(list.people, person)
	}
	if err := c.writeForgotten(list); err != nil {
		return fmt.Errorf("write who must be forgotten: %w", explainFile(err))
	}
	return nil
}

func (c *CSV) writeForgotten(list forgottenList) error {
	file, err := c.place.create(csvTemp)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	lines := json.NewEncoder(out)
	err = lines.Encode(forgottenKey{list.key})
	for _, person := range list.people {
		err = errors.Join(err, lines.Encode(person))
	}
	err = errors.Join(err, out.Flush(), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), c.place.forgotten())
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return c.place.sync()
}
