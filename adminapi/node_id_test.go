package adminapi_test

import (
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"

	"usersync/adminapi"
)

func TestNodeID(t *testing.T) {
	t.Parallel()
	// From a running server's answers.
	if got, want := adminapi.NodeID("1cbf8db8-f095-4b0a-8eb0-24e37e93557b"), "VXNlcjoxY2JmOGRiOC1mMDk1LTRiMGEtOGViMC0yNGUzN2U5MzU1N2I"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	kind, uuid, err := adminapi.ParseNodeID("Um9sZTowMjQ5ZmFmNy0xN2YyLTRiNzQtOTFlOC00N2NkYmFjYzIxOTY")
	if err != nil || kind != "Role" || uuid != "0249faf7-17f2-4b74-91e8-47cdbacc2196" {
		t.Errorf("got %q %q %v", kind, uuid, err)
	}
}

func TestParseNodeIDRefuses(t *testing.T) {
	t.Parallel()
	encode := base64.RawURLEncoding.EncodeToString
	for name, id := range map[string]string{
		"empty": "", "not base64url": "VXNlcjo/", "padded": base64.URLEncoding.EncodeToString([]byte("User:1")) + "=",
		"no colon": encode([]byte("User")), "no kind": encode([]byte(":1")), "no id": encode([]byte("User:")),
	} {
		if _, _, err := adminapi.ParseNodeID(id); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOffsetCursor(t *testing.T) {
	t.Parallel()
	// From a running server's answers.
	for n, want := range map[int]string{0: "b2Zmc2V0OjA", 5000: "b2Zmc2V0OjUwMDA", 999999: "b2Zmc2V0Ojk5OTk5OQ"} {
		if got := adminapi.OffsetCursor(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntMin(0).Draw(t, "n")
		got, err := adminapi.ParseOffsetCursor(adminapi.OffsetCursor(n))
		if err != nil || got != n {
			t.Fatalf("got %d %v, want %d", got, err, n)
		}
	})
}

func TestParseOffsetCursorRefuses(t *testing.T) {
	t.Parallel()
	encode := base64.RawURLEncoding.EncodeToString
	for _, cursor := range []string{
		"", "zzzz", "2026-11-23T07:33:39.911772Z", encode([]byte("offset:")), encode([]byte("offset:-1")),
		encode([]byte("offset:+1")), encode([]byte("offset:01")), encode([]byte("offset:99999999999999999999")), encode([]byte("row:1")),
	} {
		if n, err := adminapi.ParseOffsetCursor(cursor); err == nil {
			t.Errorf("%q: got %d, want an error", cursor, n)
		}
	}
}
