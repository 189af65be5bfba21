package emulator

import (
	"encoding/json"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	recordsPerTask  = 100
	importJobMemory = 24 * time.Hour
)

// ImportStats counts what the import endpoint got and did.
type ImportStats struct {
	Posts   int64 // POSTs with a good token, refused ones included
	Jobs    int64 // jobs made, those of whom nobody was told included
	Records int64 // records worked on, whatever came of them
	Queued  int64 // records that wait; those of killed tasks do not
}

// importQueue is the queue of the project's imports and its one worker. The
// worker needs no goroutine: what it would have done by now is done when
// somebody looks, so that a test's clock decides what has happened.
type importQueue struct {
	mu       sync.Mutex
	waiting  atomic.Int64 // records in the queue
	posts    atomic.Int64
	store    *store
	now      func() time.Time
	random   *rand.Rand // ids of jobs
	jobs     map[string]*importJob
	oldest   []*importJob // in the order of their making
	queue    []*importTask
	last     time.Time // when the worker wrote its last record
	pace     float64   // records a second; 0: at once
	quota    importQuota
	killIn   int // records until the process is killed, or never
	dies     func(json.RawMessage) bool
	tasks    uint64 // made so far
	finished ImportStats
}

func newImportQueue(s *store, cfg Config) *importQueue {
	return &importQueue{
		store: s, now: cfg.Now,
		random: rand.New(rand.NewPCG(cfg.Seed, 0x1a9047)),
		jobs:   map[string]*importJob{},
		killIn: never,
	}
}

// SetImportPace says how many records a second are imported. 0, as it is at
// first, is at full speed: a job is done when its POST is answered. The real
// server makes 27 full records a second.
func (s *Server) SetImportPace(recordsPerSecond float64) {
	s.imports.set(func(q *importQueue) { q.pace = recordsPerSecond })
	s.imports.work()
}

// Imports counts what the import endpoint got and did so far.
func (s *Server) Imports() ImportStats {
	var stats ImportStats
	s.imports.set(func(q *importQueue) { stats = q.finished })
	stats.Posts, stats.Queued = s.imports.posts.Load(), s.imports.waiting.Load()
	return stats
}

// set changes the queue or reads of it, after what is due was done.
func (q *importQueue) set(f func(*importQueue)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.workLocked()
	f(q)
}

func (q *importQueue) countPost() { q.posts.Add(1) }

// enqueue makes a job and returns what is answered. Half queues only the first
// half of its tasks and makes no job, as a server does that loses its queue
// meanwhile.
func (q *importQueue) enqueue(request *importRequest, half bool, faults *Faults) (*importAnswer, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.workLocked()
	now := q.now().UTC()
	if err := q.quota.reserve(len(request.Records), now); err != nil {
		return nil, err
	}
	job, rule := &importJob{created: now}, importRecordRule(request.Identifier)
	for from := 0; from < len(request.Records); from += recordsPerTask {
		records := request.Records[from:min(from+recordsPerTask, len(request.Records))]
		task := &importTask{
			upsert: request.Upsert, identifier: request.Identifier,
			rule: rule, records: records, offset: from, queued: now, fate: faults.taskFate(q.tasks, len(records)),
		}
		q.tasks++
		job.tasks = append(job.tasks, task)
	}
	if half {
		job.tasks = job.tasks[:(len(job.tasks)+1)/2]
	} else {
		q.remember(job)
	}
	for _, task := range job.tasks {
		q.queue = append(q.queue, task)
		q.waiting.Add(int64(len(task.records)))
	}
	answer := job.answer()
	q.workLocked()
	return answer, nil
}

func (q *importQueue) remember(job *importJob) {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	id := make([]byte, 32)
	for i := range id {
		id[i] = alphabet[q.random.IntN(len(alphabet))]
	}
	job.id = "userimport_" + string(id)
	q.jobs[job.id] = job
	q.oldest = append(q.oldest, job)
	q.finished.Jobs++
}

// show answers about a job, unless it is forgotten.
func (q *importQueue) show(id string) (*importAnswer, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.workLocked()
	forgotten := q.now().Add(-importJobMemory)
	for len(q.oldest) > 0 && !q.oldest[0].created.After(forgotten) {
		delete(q.jobs, q.oldest[0].id)
		q.oldest = q.oldest[1:]
	}
	job, ok := q.jobs[id]
	if !ok {
		return nil, &apiError{Name: "NotFound", Reason: "TaskNotFound", Message: "task not found"}
	}
	return job.answer(), nil
}

// work does what is due.
func (q *importQueue) work() {
	if q.waiting.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.workLocked()
}

func (q *importQueue) workLocked() {
	now := q.now().UTC()
	for len(q.queue) > 0 {
		task := q.queue[0]
		at, due := q.schedule(task, now)
		if !due {
			return
		}
		if q.step(task, at) {
			continue
		}
		q.queue = q.queue[1:]
		q.waiting.Add(-int64(len(task.records) - task.next))
		task.records = nil
	}
}

// schedule tells when the worker writes the task's next record. No two are
// written in the same microsecond.
func (q *importQueue) schedule(task *importTask, now time.Time) (at time.Time, due bool) {
	free := task.queued
	if q.last.After(free) {
		free = q.last
	}
	if q.pace > 0 {
		at = free.Add(time.Duration(float64(time.Second) / q.pace))
		return at, !at.After(now)
	}
	at = q.last.Add(time.Microsecond)
	if now.After(at) {
		at = now
	}
	return at, true
}

// step works on the task's next record and is false when the task is over, in
// whatever way.
func (q *importQueue) step(task *importTask, at time.Time) bool {
	if q.killed(task) {
		return false
	}
	record := task.records[task.next]
	q.last = at
	q.finished.Records++
	q.waiting.Add(-1)
	task.next++
	if task.fate.panicsAt == task.next-1 || q.dies != nil && q.dies(record) || !task.work(q.store, record, at) {
		task.failed, task.done = unexpected(), &at
		return false
	}
	if q.killIn > 0 {
		q.killIn--
	}
	if q.killed(task) {
		return false
	}
	if task.next < len(task.records) {
		return true
	}
	task.done = &at
	return false
}

// killed tells whether the process is killed at this point of the task.
func (q *importQueue) killed(task *importTask) bool {
	if q.killIn == 0 {
		q.killIn = never
		return true
	}
	return task.fate.killedAt == task.next
}

// importTask is up to a hundred records of a job.
type importTask struct {
	upsert     bool
	identifier string
	rule       *rule             // of its records
	records    []json.RawMessage // nil when it is over
	offset     int               // of its first record in the job
	queued     time.Time
	fate       taskFate
	next       int // the record to be worked on

	summary importSummary
	details []json.RawMessage
	done    *time.Time
	failed  *apiError
}
