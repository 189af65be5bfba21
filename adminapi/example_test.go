package adminapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"usersync/adminapi"
)

// Read everybody's email, page by page.
func Example() {
	// A stand-in for https://myapp.authgear.cloud.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, `{"data":{"users":{"pageInfo":{"hasNextPage":false,"endCursor":"b2Zmc2V0OjA"},"edges":[{"cursor":"b2Zmc2V0OjA",
			"node":{"id":"VXNlcjo0ZGY3NjgyMy03MmNlLTQ2NjUtYjg3My02MWJkMjc4YTc1MDU","createdAt":"2026-11-23T07:53:52Z",
			"standardAttributes":{"email":"ann@example.com"}}}]}}}`)
	}))
	defer server.Close()

	key, err := adminapi.ParseKey(testKeyPEM()) // or LoadKey("private-key.pem")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := adminapi.New(adminapi.Config{
		Endpoint: server.URL, AppID: "myapp", KeyID: "4a6b7c8d", Key: key, Rate: 20, MaxRetries: 5,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	query := adminapi.UsersQuery{Fields: adminapi.FieldStandardAttributes}
	for {
		page, err := client.Users(context.Background(), query)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, edge := range page.Edges {
			if edge.Node != nil {
				fmt.Println(edge.Node.ID, edge.Node.StandardAttributes["email"])
			}
		}
		if !page.HasNextPage || page.EndCursor == "" {
			return
		}
		query.After = page.EndCursor
	}
	// Output: 4df76823-72ce-4665-b873-61bd278a7505 ann@example.com
}
