package emulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"usersync/adminapi/emulator"
)

// A project of 1000 users behind HTTP, asked for its size.
func Example() {
	srv, err := emulator.New(emulator.Config{AppID: "myapp", KeyID: "key1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	emulator.Generate(srv.Project(), 1000, 1, time.Now())
	endpoint := httptest.NewServer(srv)
	defer endpoint.Close()

	key, err := jwt.ParseRSAPrivateKeyFromPEM(srv.PrivateKeyPEM())
	if err != nil {
		fmt.Println(err)
		return
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"aud": "myapp", "iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})
	token.Header["kid"] = "key1"
	signed, err := token.SignedString(key)
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		endpoint.URL+"/_api/admin/graphql", strings.NewReader(`{"query": "{users(first: 0) {totalCount}}"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+signed)
	response, err := endpoint.Client().Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	fmt.Println(response.Status, string(body), err)
	// Output: 200 OK {"data":{"users":{"totalCount":1000}}} <nil>
}
