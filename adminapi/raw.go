package adminapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// An Answer is what the server made of a document.
type Answer struct {
	// Data is JSON as the server spelled it; nil when it is null or missing.
	Data   json.RawMessage
	Errors []AnswerError // none when all went well
}

// An AnswerError is a GraphQL error.
type AnswerError struct {
	Message string
	Name    string // Authgear's class of error, such as "NotFound"; "" of what it does not name
	Reason  string // Authgear's reason, such as "UserNotFound", likewise
	Path    []any  // the field it is about, of names and numbers (json.Number); none of the document itself
	Line    int    // in the document, from 1; 0 when the server does not say
	Column  int
}

// Where is the field that the error is about, such as "users.edges.0.node", or
// the place in the document, or "".
func (e AnswerError) Where() string {
	steps := make([]string, len(e.Path))
	for i, step := range e.Path {
		steps[i] = fmt.Sprint(step)
	}
	switch {
	case len(steps) > 0:
		return strings.Join(steps, ".")
	case e.Line > 0:
		return fmt.Sprintf("line %d, column %d", e.Line, e.Column)
	default:
		return ""
	}
}

// Execute sends a document with its variables. GraphQL errors, and the data that
// came with them, are in the answer; an error is all that is no answer of that
// kind. A query is repeated as the client's other queries are, except after
// GraphQL errors. What may change something is sent once: of an error,
// [MayHaveHappened] tells whether it may have been done.
//
// Two facts about mutations were seen on a running server: a request has at most
// 5 of them, and is carried out as a whole or not at all.
func (c *Client) Execute(ctx context.Context, document *Document, variables map[string]any) (*Answer, error) {
	answer, err := c.execute(ctx, document, variables)
	if err != nil {
		return nil, fmt.Errorf("execute %s: %w", document.Kind(), err)
	}
	return answer, nil
}

func (c *Client) execute(ctx context.Context, document *Document, variables map[string]any) (*Answer, error) {
	body, err := json.Marshal(struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName,omitempty"`
		Variables     map[string]any `json:"variables,omitempty"`
	}{document.text, document.Name(), variables})
	if err != nil {
		return nil, fmt.Errorf("write variables: %w", err)
	}
	sent := &call{
		operation: cmp.Or(document.Name(), document.Kind()),
		graphql:   true, errors: true, repeat: !document.Changes(),
	}
	var got graphqlAnswer
	if err := c.exchange(ctx, sent, http.MethodPost, graphqlPath, body, &got); err != nil {
		return nil, err
	}
	answer := &Answer{}
	if !bytes.Equal(got.Data, []byte("null")) {
		answer.Data = got.Data
	}
	for _, e := range got.Errors {
		answer.Errors = append(answer.Errors, e.public())
	}
	return answer, nil
}

// public is the error as callers see it, without tokens that a server repeats.
func (e graphqlError) public() AnswerError {
	failure := (&Error{Message: e.Message, Name: e.Extensions.ErrorName, Reason: e.Extensions.Reason}).redact()
	shown := AnswerError{Message: failure.Message, Name: failure.Name, Reason: failure.Reason, Path: e.Path}
	if len(e.Locations) > 0 {
		var at struct {
			Line   int `json:"line"`
			Column int `json:"column"`
		}
		if json.Unmarshal(e.Locations[0], &at) == nil {
			shown.Line, shown.Column = at.Line, at.Column
		}
	}
	return shown
}
