package emulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"usersync/adminapi/emulator"
)

// attempt asks for a page; what comes back is described in a word or two.
func (b *bundle) attempt(query string) (string, answer) {
	b.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	must(b.t, err)
	a, err := b.send(b.bearer(nil), "application/json", body)
	if err != nil {
		return fmt.Sprintf("broken after status %d", a.status), a
	}
	if !strings.HasPrefix(a.contentType, "application/json") {
		return fmt.Sprintf("%d %s", a.status, a.contentType), a
	}
	return fmt.Sprintf("%d", a.status), a
}

func TestEveryFault(t *testing.T) {
	t.Parallel()
	const html = " text/html; charset=utf-8"
	for name, tt := range map[string]struct {
		faults     emulator.Faults
		want       string
		retryAfter string
	}{
		"none":               {emulator.Faults{}, "200", ""},
		"latency":            {emulator.Faults{Latency: 1, LatencyFor: time.Microsecond}, "200", ""},
		"too many":           {emulator.Faults{TooManyRequests: 1, RetryAfter: 1500 * time.Millisecond}, "429" + html, "2"},
		"too many, at once":  {emulator.Faults{TooManyRequests: 1}, "429" + html, "0"},
		"too many, bare":     {emulator.Faults{TooManyRequestsBare: 1}, "429" + html, ""},
		"internal error":     {emulator.Faults{InternalError: 1}, "500", ""},
		"bad gateway":        {emulator.Faults{BadGateway: 1}, "502" + html, ""},
		"unavailable":        {emulator.Faults{Unavailable: 1}, "503" + html, ""},
		"wrong content type": {emulator.Faults{WrongContentType: 1}, "200" + html, ""},
		"dropped":            {emulator.Faults{DroppedConnection: 1}, "broken after status 0", ""},
		"truncated":          {emulator.Faults{TruncatedBody: 1}, "broken after status 200", ""},
		"slow":               {emulator.Faults{SlowBody: 1, SlowBodyFor: time.Millisecond}, "200", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			emulator.Generate(b.Project(), 150, 1, b.clock.Now())
			_, good := b.attempt(pageQuery)
			b.SetFaults(tt.faults)
			got, a := b.attempt(pageQuery)
			if got != tt.want || a.header.Get("Retry-After") != tt.retryAfter {
				t.Errorf("%q, Retry-After %q", got, a.header.Get("Retry-After"))
			}
			if whole := bytes.Equal(a.body, good.body); whole != (tt.want == "200") {
				t.Errorf("whole answer %v", whole)
			}
			if tt.want == "broken after status 200" && len(a.body) == 0 {
				t.Error("nothing of the body came")
			}
			b.SetFaults(emulator.Faults{})
			if got, _ := b.attempt(pageQuery); got != "200" {
				t.Errorf("after the faults: %s", got)
			}
		})
	}
}

// TestSpoiltData checks what each fault does to the data of a page.
func TestSpoiltData(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Project().SetStableTies(true)
	emulator.Generate(b.Project(), 150, 1, b.clock.Now())
	count := func(users map[string]any) (edges, nulls int) {
		for _, e := range users["edges"].([]any) {
			edges++
			if e.(map[string]any)["node"] == nil {
				nulls++
			}
		}
		return edges, nulls
	}
	for range 20 {
		b.SetFaults(emulator.Faults{NullNodes: 1})
		users := b.must(pageQuery, nil)["users"].(map[string]any)
		if edges, nulls := count(users); edges != 100 || nulls < 1 || nulls > 3 {
			t.Errorf("null nodes: %d edges, %d nulls", edges, nulls)
		}
		b.SetFaults(emulator.Faults{MissingEdges: 1})
		users = b.must(pageQuery, nil)["users"].(map[string]any)
		if edges, nulls := count(users); edges < 97 || edges > 99 || nulls != 0 || dig(t, users, "pageInfo.hasNextPage") != true {
			t.Errorf("missing edges: %d edges, %d nulls", edges, nulls)
		}
		b.SetFaults(emulator.Faults{PartialData: 1})
		r := b.ask(pageQuery, nil)
		if edges, nulls := count(r.Data["users"].(map[string]any)); edges != 100 || nulls != 1 || len(r.Errors) != 1 || r.Errors[0].Message != "unexpected error" {
			t.Errorf("partial data: %d edges, %d nulls, %+v", edges, nulls, r.Errors)
		}
	}
}

// TestNullMeansGone sees that nodes(ids) gives no null for a user who exists,
// whatever goes wrong, unless it comes with an error.
func TestNullMeansGone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create("a@example.com")
	const query = `query($ids:[ID!]!){nodes(ids:$ids){id}}`
	variables := map[string]any{"ids": []any{nodeID(id)}}
	b.SetFaults(emulator.Faults{NullNodes: 1, MissingEdges: 1})
	if dig(t, b.must(query, variables), "nodes.0") == nil {
		t.Error("a clean null for a live user")
	}
	b.SetFaults(emulator.Faults{PartialData: 1})
	if r := b.ask(query, variables); dig(t, r.Data, "nodes.0") != nil || len(r.Errors) != 1 {
		t.Errorf("partial data: %+v", r)
	}
	if r := b.ask(`{roles{totalCount} groups{totalCount}}`, nil); r.Data["roles"] != nil || r.Data["groups"] != nil || len(r.Errors) != 1 {
		t.Errorf("partial data of other fields: %+v", r)
	}
	if r := b.mutate(`setDisabledStatus(input:{userID:$id,isDisabled:true}){user{id}}`, id); len(r.Errors) != 0 {
		t.Errorf("a mutation was spoilt: %+v", r)
	}
}

// TestFaultsAreRepeatable sees that a seed decides which requests fail, and
// that another seed decides otherwise.
func TestFaultsAreRepeatable(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		b := setup(t)
		b.create("a@example.com")
		b.SetFaults(emulator.Faults{Seed: seed, BadGateway: 0.2, TooManyRequestsBare: 0.2, NullNodes: 0.2, TruncatedBody: 0.1})
		var all strings.Builder
		for range 60 {
			what, a := b.attempt(`{users{edges{cursor node{__typename}}}}`)
			fmt.Fprintln(&all, what, string(a.body))
		}
		return all.String()
	}
	first := run(1)
	if first != run(1) {
		t.Error("the same seed, another fate")
	}
	if first == run(2) {
		t.Error("another seed, the same fate")
	}
	for _, want := range []string{"502", "429", `"node":null`, "broken", `"__typename":"User"`} {
		if !strings.Contains(first, want) {
			t.Errorf("no %s in 60 requests", want)
		}
	}
}

// TestDroppedMutations sees that about half of the requests that get no answer
// have been carried out, and the others not at all.
func TestDroppedMutations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.client.Transport = &http.Transport{DisableKeepAlives: true} // so that the client repeats nothing by itself
	b.SetFaults(emulator.Faults{DroppedConnection: 1})
	for n := range 40 {
		if got, _ := b.attempt(fmt.Sprintf(`mutation{createUser(input:{definition:{loginID:{key:"email",value:"u%d@example.com"}}}){user{id}}}`, n)); !strings.HasPrefix(got, "broken") {
			t.Fatalf("got %s", got)
		}
	}
	if n := b.Project().Len(); n < 5 || n > 35 {
		t.Errorf("%d of 40 were carried out", n)
	}
}

func TestOperationsAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must(`query Named{__typename}`, nil)
	b.must(`query Named{__typename}`, nil)
	b.must(`{__typename}`, nil)
	b.SetFaults(emulator.Faults{BadGateway: 1})
	b.attempt(`query Named{__typename}`)
	if got := b.Operations(); got["Named"] != 2 || got[""] != 1 || len(got) != 2 {
		t.Errorf("operations %v", got)
	}
	if b.Requests() != 4 {
		t.Errorf("%d requests", b.Requests())
	}
}
