// Package adminapi is a client of Authgear's Admin API: it signs the tokens,
// paces and repeats the requests, reads users, roles and groups, and imports
// users. It knows nothing of what its caller does with them.
//
// A [Client] is made once from a [Config] and is safe for concurrent use:
//
//	key, err := adminapi.LoadKey("private-key.pem")
//	if err != nil {
//		return err
//	}
//	client, err := adminapi.New(adminapi.Config{
//		Endpoint:   "https://myapp.authgear.cloud",
//		AppID:      "myapp",
//		KeyID:      "4a6b7c8d",
//		Key:        key,
//		Rate:       20,
//		MaxRetries: 5,
//	})
//
// # What is asked for is what is paid for
//
// Every call that returns users takes [UserFields], the set of fields to ask
// for. Identities, roles, groups and verified claims each cost the server a
// query a user; leave out what is not needed.
//
// # Reading everybody
//
// [Client.Users] reads one page of at most [MaxPageSize] users. The server
// pages by offset and without a snapshot: users created or deleted between
// two pages move the others, so a user can come twice or not at all. That a
// user was not on any page proves nothing; ask for it with [Client.UsersByID].
//
// # Any other question
//
// [Client.Execute] sends a [Document] of anybody's, and returns what data there is
// beside the errors. [Document.Changes] tells beforehand whether it is more than a
// question.
//
// # Failures
//
// Queries are repeated after connection errors, HTTP 429, 500, 502, 503 and
// 504, answers that are cut short or are no GraphQL answer, and GraphQL errors
// that stand for a passing trouble inside the server; at most Config.MaxRetries
// times and for about five minutes. What remains is returned as an [*Error].
// Data that came together with errors is never returned, but by Execute.
// Cancelling the context ends a call at once, pauses included.
//
// # Importing
//
// [Client.ImportUsers] hands over a batch of records, and [Client.ImportJob]
// asks what became of them. A batch is sent once, and repeated only when it
// was certainly not carried out; of its error, [MayHaveHappened] tells whether
// it may have been all the same.
//
// # Secrets
//
// No error, log line or formatted value of this package holds a token, a
// private key, or anything of a record that is imported. Tokens are only ever
// sent to the host of the endpoint.
package adminapi
