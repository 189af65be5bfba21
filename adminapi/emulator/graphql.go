package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
)

const (
	maxBody           = 1 << 20
	maxMutationFields = 5
)

// serveGraphQL answers one GraphQL request; all mutations of it are one transaction.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html>\n<title>GraphiQL: Admin API - Authgear</title>\n<p>POST GraphQL here.</p>\n")
		return
	case http.MethodPost:
	default:
		http.NotFound(w, r)
		return
	}
	kind, ok := acceptContentType(w, r)
	if !ok {
		return
	}
	request, err := readRequest(w, r, kind)
	if err != nil {
		s.respondError(w, err)
		return
	}
	parsed := s.queries.get(&s.schema, request.Query)
	if parsed.syntaxError != nil {
		s.respondError(w, unexpected())
		return
	}
	if err := parsed.checkMutationFields(request.OperationName); err != nil {
		s.respondError(w, err)
		return
	}
	s.operations.add(parsed.operationName(request.OperationName))
	result := s.execute(r.Context(), parsed, request)
	mishapOf(r.Context()).spoil(result, parsed.operation(request.OperationName))
	s.respond(w, result)
}

// acceptContentType answers 415 in plain text to what it does not know.
func acceptContentType(w http.ResponseWriter, r *http.Request) (string, bool) {
	raw := r.Header.Get("Content-Type")
	kind, params, err := mime.ParseMediaType(raw)
	if err != nil {
		http.Error(w, "invalid content type: "+raw, http.StatusUnsupportedMediaType)
		return "", false
	}
	charset := strings.ToLower(params["charset"])
	known := kind == "application/json" || kind == "application/graphql"
	if !known || charset != "" && charset != "utf-8" && charset != "utf8" {
		http.Error(w, "invalid content type: "+kind, http.StatusUnsupportedMediaType)
		return "", false
	}
	return kind, true
}

type graphQLRequest struct {
	Query         string         `json:"query"`
	Variables     map[string]any `json:"variables"`
	OperationName string         `json:"operationName"`
}

func readRequest(w http.ResponseWriter, r *http.Request, kind string) (*graphQLRequest, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if kind == "application/graphql" {
		return &graphQLRequest{Query: string(body)}, nil
	}
	var request graphQLRequest
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, fmt.Errorf("decode body: %w", err)
	}
	return &request, nil
}

// execute runs a query, or all mutations of a request in one transaction that
// is taken back when any of them fails.
func (s *Server) execute(ctx context.Context, q *parsedQuery, request *graphQLRequest) *graphql.Result {
	if len(q.invalid) > 0 {
		return &graphql.Result{Errors: q.invalid}
	}
	ses := &session{store: s.project.store}
	if f := s.afterList.Load(); f != nil {
		ses.afterList = *f
	}
	// The engine must not return while its resolvers still run: a client that
	// hangs up does not end a transaction half-way.
	ctx = withSession(context.WithoutCancel(ctx), ses)
	params := graphql.ExecuteParams{
		Schema: s.schema, AST: q.document, OperationName: request.OperationName,
		Args: request.Variables, Context: ctx,
	}
	op := q.operation(request.OperationName)
	if op == nil || op.Operation != ast.OperationTypeMutation {
		return graphql.Execute(params)
	}
	ses.inTransaction = true
	var result *graphql.Result
	errRollback := errors.New("roll back")
	err := s.project.store.transact(false, func() error {
		if result = graphql.Execute(params); result.HasErrors() {
			return errRollback
		}
		return nil
	})
	if err != nil && !errors.Is(err, errRollback) {
		s.config.Logger.ErrorContext(ctx, "run transaction", "error", err)
	}
	return result
}

// respond writes the result with every key sorted and HTML escaped, as the
// real server's JSON is.
func (s *Server) respond(w http.ResponseWriter, result *graphql.Result) {
	body, err := json.Marshal(result)
	if err != nil {
		s.config.Logger.Error("encode result", "error", err)
		s.respondError(w, unexpected())
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // a client that hung up wants no answer
}

// respondError writes {"error": {…}} for what fails before execution.
func (s *Server) respondError(w http.ResponseWriter, err error) {
	writeError(w, asAPIError(err), trackingID(uint64(s.requests.Load())))
}

func writeError(w http.ResponseWriter, e *apiError, trackingID string) {
	var answer struct {
		Error struct {
			Name       string         `json:"name"`
			Reason     string         `json:"reason"`
			Message    string         `json:"message"`
			Code       int            `json:"code"`
			TrackingID string         `json:"tracking_id"`
			Info       map[string]any `json:"info,omitempty"`
		} `json:"error"`
	}
	shown := &answer.Error
	shown.Name, shown.Reason, shown.Message = e.Name, e.Reason, e.Message
	shown.Code, shown.TrackingID, shown.Info = e.status(), trackingID, e.Info
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, "encode error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(shown.Code)
	_, _ = w.Write(body) // a client that hung up wants no answer
}

// asAPIError tells errors of reading a request apart.
func asAPIError(err error) *apiError {
	var own *apiError
	var tooLarge *http.MaxBytesError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &tooLarge):
		return &apiError{Name: "RequestEntityTooLarge", Reason: "RequestEntityTooLarge", Message: tooLarge.Error()}
	case errors.As(err, &syntax):
		return &apiError{
			Name: "BadRequest", Reason: "InvalidJSON", Message: syntax.Error(),
			Info: map[string]any{"byte_offset": syntax.Offset},
		}
	default:
		return unexpected()
	}
}

// trackingID looks like a trace and span id; the real ones lead to a log.
func trackingID(n uint64) string {
	return fmt.Sprintf("%032x-%016x", n*0x9e3779b97f4a7c15, n*0xbf58476d1ce4e5b9)
}
