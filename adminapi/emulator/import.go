package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

const (
	importPath    = "/_api/admin/users/import"
	maxImportBody = 500_000
)

// importRequest is the body of an import's POST.
type importRequest struct {
	Upsert     bool              `json:"upsert"`
	Identifier string            `json:"identifier"`
	Records    []json.RawMessage `json:"records"`
}

// createImport takes an import on. The job is said to be pending, though at
// full speed it is carried out before the answer goes.
func (s *Server) createImport(w http.ResponseWriter, r *http.Request) {
	s.imports.countPost()
	request, err := readImportRequest(w, r)
	if err != nil {
		s.respondError(w, err)
		return
	}
	fate := mishapOf(r.Context()).imported
	job, err := s.imports.enqueue(request, fate == importHalfQueued, &s.mishaps.Load().Faults)
	if err != nil {
		s.respondError(w, err)
		return
	}
	if !s.spoilImport(w, fate) {
		s.respondResult(w, job)
	}
}

// showImport answers how far an import is.
func (s *Server) showImport(w http.ResponseWriter, r *http.Request) {
	job, err := s.imports.show(r.PathValue("id"))
	if err != nil {
		s.respondError(w, err)
		return
	}
	s.respondResult(w, job)
}

// respondResult wraps what a REST endpoint answers.
func (s *Server) respondResult(w http.ResponseWriter, result any) {
	body, err := json.Marshal(map[string]any{"result": result})
	if err != nil {
		s.config.Logger.Error("encode result", "error", err)
		s.respondError(w, unexpected())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // a client that hung up wants no answer
}

func readImportRequest(w http.ResponseWriter, r *http.Request) (*importRequest, error) {
	if !jsonContent(r.Header.Get("Content-Type")) {
		return nil, &apiError{Name: "BadRequest", Reason: "BadRequest", Message: "request content type is invalid"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxImportBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &apiError{
			Name: "RequestEntityTooLarge", Reason: "JSONTooLarge", Message: "request body too large",
			Info: map[string]any{"limit": tooLarge.Limit},
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	value, err := decodeNumbers(body)
	if err != nil {
		return nil, fmt.Errorf("decode body: %w", err)
	}
	if err := importRequestRule().validate(value, "invalid request body"); err != nil {
		return nil, err
	}
	var request importRequest
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("decode body: %w", err)
	}
	return &request, nil
}

// jsonContent is stricter than GraphQL's check: UTF-8 and nothing else beside it.
func jsonContent(header string) bool {
	kind, params, err := mime.ParseMediaType(header)
	if err != nil || kind != "application/json" || len(params) > 1 {
		return false
	}
	return len(params) == 0 || strings.EqualFold(params["charset"], "utf-8")
}

// decodeNumbers decodes the first JSON value with its numbers as they are
// written. What ends too early is not the syntax error that other faults are:
// the server shows it as an unexpected error.
func decodeNumbers(data []byte) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, json.Unmarshal(nil, &value)
		}
		return nil, err
	}
	return value, nil
}
