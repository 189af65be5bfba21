package soak_test

import (
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/source"
)

const (
	appID = "myapp"
	keyID = "key-one"
	// crowdLimit is how many users of the very same time of creation the listing
	// of a page cannot tell from more.
	crowdLimit = adminapi.MaxPageSize
	// fullTown is how many users there are before nobody comes any more.
	fullTown = 500
)

// A town is an emulated project to which things happen between any two requests.
type town struct {
	*emulator.Server

	client adminapi.Config

	mu      sync.Mutex // of what happens, one thing at a time
	dice    *rand.Rand
	churn   float64 // how likely it is that something happens before a request
	created int

	clockMu sync.Mutex // of the time alone, which the emulator asks for while things happen
	time    time.Time
}

func newTown(s schedule) (*town, error) {
	at := &town{dice: rand.New(rand.NewPCG(s.seed, 1)), time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	var err error
	at.Server, err = emulator.New(emulator.Config{AppID: appID, KeyID: keyID, Key: &townKey().PublicKey, Now: at.now, Seed: s.seed})
	if err != nil {
		return nil, err
	}
	key, err := adminapi.ParseKey(townKeyPEM())
	if err != nil {
		return nil, err
	}
	at.client = adminapi.Config{Endpoint: "https://myapp.example.com", AppID: appID, KeyID: keyID, Key: key, Base: at, Now: at.now, TokenLifetime: time.Hour}
	if err := at.settle(s); err != nil {
		return nil, err
	}
	at.SetBeforeRequest(func(*http.Request) { at.happen(at.trouble()) })
	at.SetAfterList(func() { at.happen(at.trouble() / 4) })
	return at, nil
}

// settle fills a town. The audit log begins with its roles.
func (at *town) settle(s schedule) error {
	for _, role := range []string{"reader", "writer"} {
		if err := at.Project().AddRole(role, ""); err != nil {
			return err
		}
	}
	at.pass(24 * time.Hour)
	moment := at.now().Add(-10 * time.Hour)
	for n := range s.users {
		if n%s.crowd == 0 {
			moment = moment.Add(time.Duration(1+at.dice.IntN(2_000_000)) * time.Microsecond)
		}
		if err := at.create(at.Project().Unaudited(), moment, ""); err != nil {
			return err
		}
	}
	return nil
}

// RoundTrip answers a request of the client without a network.
func (at *town) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	at.ServeHTTP(recorder, r)
	answer := recorder.Result()
	answer.Request = r
	return answer, nil
}

// source reads the town with a client of its own, as a new process would.
func (at *town) source(workers int) (*source.AdminAPI, error) {
	client, err := adminapi.New(at.client)
	if err != nil {
		return nil, err
	}
	return source.NewAdminAPI(client, source.AdminAPIConfig{Concurrency: workers}), nil
}

func (at *town) now() time.Time {
	at.clockMu.Lock()
	defer at.clockMu.Unlock()
	return at.time
}

func (at *town) pass(d time.Duration) {
	at.clockMu.Lock()
	defer at.clockMu.Unlock()
	at.time = at.time.Add(d)
}

// happen lets things happen, as many as chance has it: before a request, or
// between the listing of a page and the loading of its users.
func (at *town) happen(churn float64) {
	at.mu.Lock()
	defer at.mu.Unlock()
	if churn == 0 {
		return
	}
	at.pass(time.Duration(at.dice.IntN(1500)) * time.Millisecond)
	for at.dice.Float64() < churn {
		at.event()
	}
}

// trouble is how likely it is that something happens; 0 is peace.
func (at *town) trouble() float64 {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.churn
}

// setChurn brings trouble, or peace.
func (at *town) setChurn(churn float64) {
	at.mu.Lock()
	defer at.mu.Unlock()
	at.churn = churn
}

// day lets several things happen at once.
func (at *town) day(events int) {
	at.mu.Lock()
	defer at.mu.Unlock()
	for range events {
		at.event()
	}
}

func (at *town) create(p *emulator.Project, when time.Time, email string) error {
	at.created++
	u := emulator.User{
		ID: at.uuid(), CreatedAt: when,
		StandardAttributes: map[string]any{"name": fmt.Sprint("Somebody ", at.created)},
		CustomAttributes:   map[string]any{"number": at.created},
	}
	if email == "" && at.created%3 == 0 {
		email = fmt.Sprintf("user%d@example.com", at.created)
	}
	if email != "" {
		u.Identities = []emulator.Identity{emulator.EmailIdentity(email)}
	}
	_, err := p.Create(u)
	return err
}

// uuid is random, so that its order says nothing about that of creation.
func (at *town) uuid() string {
	a, b := at.dice.Uint64(), at.dice.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, b>>52, b&0xffffffffffff)
}

// people are all users, the newest first.
func (at *town) people() []emulator.User { return slices.Collect(at.Project().All()) }

// crowd is the most users who share a time of creation.
func (at *town) crowd() int {
	counts, most := make(map[time.Time]int), 0
	for u := range at.Project().All() {
		counts[u.CreatedAt]++
		most = max(most, counts[u.CreatedAt])
	}
	return most
}

// townKey is one for all tests, because making one takes a while.
var townKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(cryptorand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var townKeyPEM = sync.OnceValue(func() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(townKey())
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
})
