package importer_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// A timeline is a clock that moves only when somebody waits.
type timeline struct {
	mutex sync.Mutex
	at    time.Time
}

func newTimeline() *timeline {
	return &timeline{at: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
}

func (c *timeline) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.at
}

func (c *timeline) wait(ctx context.Context, pause time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = c.at.Add(pause)
	return nil
}

// A server is an Authgear that imports in memory, and can be told to fail in
// each of the ways that were seen.
type server struct {
	clock *timeline

	mutex  sync.Mutex
	users  map[usersync.ID]*usersync.User
	owners map[string]usersync.ID // by email
	made   map[string]int         // how often an email became a user
	jobs   map[string]*adminapi.ImportJob
	posts  []post
	number uint64

	// mishap says what goes wrong with a POST; nil is nothing.
	mishap func(n int, p post) mishap
	// after changes what a record came to.
	after func(record map[string]any, detail *adminapi.ImportDetail)
	// kills says which records end their task.
	kills func(record map[string]any) bool
	// asked is called before a job is told of.
	asked func(id string) error
	// read is called before users are read.
	read func() error
}

type post struct {
	upsert  bool
	emails  []string
	bytes   int
	records []map[string]any
}

// A mishap is what goes wrong with a POST.
type mishap struct {
	refuse *adminapi.Error // it is refused with this
	lose   bool            // no answer
	undone bool            // with lose: it is not carried out
	stuck  int             // the job stays pending after this many records; 0 is not stuck
	forget bool            // the job cannot be asked for
	short  int             // so many of the last details are missing
}

func newServer(clock *timeline) *server {
	return &server{
		clock: clock, users: make(map[usersync.ID]*usersync.User), owners: make(map[string]usersync.ID),
		made: make(map[string]int), jobs: make(map[string]*adminapi.ImportJob),
	}
}

var errBroken = errors.New("the connection broke")

func (s *server) ImportUsers(ctx context.Context, request adminapi.ImportRequest) (*adminapi.ImportJob, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	p := post{upsert: request.Upsert}
	size := 0
	for _, body := range request.Records {
		size += len(body)
		record := decode(body)
		p.records = append(p.records, record)
		email, _ := record["email"].(string)
		p.emails = append(p.emails, email)
	}
	p.bytes = adminapi.ImportBodySize(request.Identifier, request.Upsert, len(request.Records), size)
	if p.bytes > adminapi.MaxImportBody {
		return nil, &adminapi.Error{Status: http.StatusRequestEntityTooLarge, Reason: adminapi.ReasonTooLarge, Message: "too large", NotCarriedOut: true}
	}
	s.posts = append(s.posts, p)
	var m mishap
	if s.mishap != nil {
		m = s.mishap(len(s.posts), p)
	}
	if m.refuse != nil {
		return nil, m.refuse
	}
	s.number++
	job := &adminapi.ImportJob{ID: fmt.Sprintf("userimport_%d", s.number), CreatedAt: s.clock.now(), Status: adminapi.ImportPending}
	if !m.undone {
		s.carryOut(job, p, m)
	}
	if m.lose {
		return nil, &adminapi.Error{Message: errBroken.Error()}
	}
	if !m.forget {
		s.jobs[job.ID] = job
	}
	return &adminapi.ImportJob{ID: job.ID, CreatedAt: job.CreatedAt, Status: adminapi.ImportPending}, nil
}

func (s *server) ServerTime() time.Time { return s.clock.now() }

func decode(body []byte) map[string]any {
	var record map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(&record); err != nil {
		panic(err)
	}
	return record
}

// carryOut works through the records in tasks of a hundred.
func (s *server) carryOut(job *adminapi.ImportJob, p post, m mishap) {
	now := s.clock.now()
	for first := 0; first < len(p.records); first += 100 {
		task := p.records[first:min(first+100, len(p.records))]
		var details []adminapi.ImportDetail
		dead := false
		for i, record := range task {
			if m.stuck > 0 && first+i >= m.stuck {
				return
			}
			if s.kills != nil && s.kills(record) {
				dead = true
				break
			}
			detail := s.importOne(record, p.upsert)
			detail.Index = first + i
			if s.after != nil {
				s.after(record, &detail)
			}
			details = append(details, detail)
		}
		if dead {
			job.Error = &adminapi.ImportError{Name: "InternalError", Reason: "UnexpectedError", Message: "unexpected error occurred"}
			continue
		}
		job.Details = append(job.Details, details...)
		job.Summary.Total += len(details)
	}
	job.Status, job.CompletedAt = adminapi.ImportCompleted, &now
	if m.short > 0 {
		job.Details = job.Details[:len(job.Details)-m.short]
		job.Summary.Total -= m.short
	}
}

func (s *server) importOne(record map[string]any, upsert bool) adminapi.ImportDetail {
	email, _ := record["email"].(string)
	if record["name"] == "wrong" {
		return adminapi.ImportDetail{Outcome: adminapi.ImportFailed, Errors: []adminapi.ImportError{{
			Name: "Invalid", Reason: "ValidationFailed", Message: "invalid value",
			Info: json.RawMessage(`{"causes":[{"location":"/name","kind":"format","details":{"format":"name","error":"invalid: \"wrong\""}}]}`),
		}}}
	}
	id, exists := s.owners[email]
	switch {
	case exists && !upsert:
		return adminapi.ImportDetail{Outcome: adminapi.ImportSkipped, UserID: id.String(), Warnings: []string{"skipping because upsert = false and user exists"}}
	case exists:
		s.put(id, email, record)
		return adminapi.ImportDetail{Outcome: adminapi.ImportUpdated, UserID: id.String()}
	default:
		id := s.create(email, record)
		return adminapi.ImportDetail{Outcome: adminapi.ImportInserted, UserID: id.String()}
	}
}

// create makes a user, at the server's present time.
func (s *server) create(email string, record map[string]any) usersync.ID {
	s.number++
	var id usersync.ID
	binary.BigEndian.PutUint64(id[8:], s.number)
	s.owners[email] = id
	s.made[email]++
	s.put(id, email, record)
	return id
}

func (s *server) put(id usersync.ID, email string, record map[string]any) {
	at := s.clock.now()
	user := usersync.NewUser(id)
	if old := s.users[id]; old != nil {
		at = old.Get(field("created_at")).(time.Time)
		for _, kept := range []string{"nickname", "disabled", "account_valid_from"} {
			if old.Has(field(kept)) {
				user.Set(field(kept), old.Get(field(kept)))
			}
		}
	}
	if disabled, is := record["disabled"].(bool); is {
		user.Set(field("disabled"), disabled)
	}
	user.Set(field("created_at"), at)
	user.Set(field("email"), email)
	user.Set(field("identities"), []any{map[string]any{
		"type":     "login_id",
		"login_id": map[string]any{"key": "email", "type": "email", "value": email, "original_value": email},
		"claims":   map[string]any{"email": email},
	}})
	if name, is := record["name"].(string); is {
		user.Set(field("name"), name)
	}
	if roles, is := record["roles"].([]any); is {
		var keys []string
		for _, role := range roles {
			if role != "denied" {
				keys = append(keys, role.(string))
			}
		}
		user.Set(field("roles"), keys)
	}
	s.users[id] = user
}

// edit has somebody change a user.
func (s *server) edit(id usersync.ID, name string, value any) {
	user := usersync.NewUser(id)
	for f := range usersync.AllFields().All() {
		if f.Name == name {
			user.Set(f, value)
		} else if s.users[id].Has(f) {
			user.Set(f, s.users[id].Get(f))
		}
	}
	s.users[id] = user
}

func field(name string) *usersync.Field {
	f, found := usersync.AllFields().Lookup(name)
	if !found {
		panic("there is no field " + name)
	}
	return f
}

func (s *server) ImportJob(ctx context.Context, id string) (*adminapi.ImportJob, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	asked := s.asked
	s.mutex.Unlock()
	if asked != nil {
		if err := asked(id); err != nil {
			return nil, err
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	job := s.jobs[id]
	if job == nil {
		return nil, &adminapi.Error{Status: http.StatusNotFound, Reason: adminapi.ReasonTaskNotFound, Message: "task not found"}
	}
	return job, nil
}

func (s *server) Find(ctx context.Context, kind userimport.Identifier, values []string) ([]userimport.Found, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if kind != userimport.Email {
		return nil, fmt.Errorf("asked for %s", kind)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := make([]userimport.Found, len(values))
	for i, value := range values {
		if id, exists := s.owners[value]; exists {
			found[i].IDs = []usersync.ID{id}
		}
	}
	return found, nil
}

func (s *server) Users(ctx context.Context, ids []usersync.ID) ([]*usersync.User, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if len(ids) > usersync.LookupBatch {
		return nil, fmt.Errorf("%d users at once", len(ids))
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	users := make([]*usersync.User, len(ids))
	for i, id := range ids {
		users[i] = s.users[id]
	}
	return users, nil
}

func (s *server) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mutex.Lock()
	read := s.read
	s.mutex.Unlock()
	if read != nil {
		return read()
	}
	return nil
}

func (s *server) Allowed(context.Context, userimport.Identifier) (bool, error) { return true, nil }
func (s *server) Roles(context.Context) ([]string, error)                      { return nil, nil }
func (s *server) Groups(context.Context) ([]string, error)                     { return nil, nil }

func (s *server) CustomAttributes(context.Context, []string) (map[string]string, int, error) {
	return nil, 0, nil
}
