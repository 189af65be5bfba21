package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestCompletions asks as the scripts for shells do. What is offered comes without
// its explanation.
func TestCompletions(t *testing.T) {
	t.Parallel()
	const none, listed = cobra.ShellCompDirectiveNoFileComp, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	for _, test := range []struct {
		args, want string
		directive  cobra.ShellCompDirective
	}{
		{"imp", "import", none},
		{"ma", "man", none},
		{"sync ", "", none},
		{"import ", "template", cobra.ShellCompDirectiveDefault},
		{"import users", "", cobra.ShellCompDirectiveDefault},
		{"forget ", "", none},
		{"diff a", "authgear", listed},
		{"diff authgear post", "postgres postgres://", listed},
		{"diff ./a", "csv ndjson gz zst", cobra.ShellCompDirectiveFilterFileExt},
		{"man ", "", cobra.ShellCompDirectiveFilterDirs},
		{"sync --max-d", "--max-delete --max-duration", none},
		{"sync --mode ", "full incremental auto", none},
		{"sync --on-delete ", "tombstone scrub purge", none},
		{"sync --log-level ", "debug info warn error", none},
		{"sync --dry-run=", "true false", none},
		{"sync --rate ", "", none},
		{"sync --endpoint ", "", none},
		{"sync --key-file ", "", cobra.ShellCompDirectiveDefault},
		{"sync --config ", "", cobra.ShellCompDirectiveDefault},
		{"sync --to ", "csv", cobra.ShellCompDirectiveFilterFileExt},
		{"sync --to post", "postgres postgres://", listed},
		{"sync --to ./post", "csv", cobra.ShellCompDirectiveFilterFileExt},
		{"sync --fields email", "email email_verified", listed},
		{"sync --fields email,email", "email,email_verified", listed},
		{"sync --fields=-ident", "-identities", listed},
		{"sync --fields=-identities,-passk", "-identities,-passkey_count", listed},
		{"verify --fields pas", "passkey_count", listed},
		{"diff --ignore last", "last_login_at", listed},
		{"diff --key ", "sub email phone_number preferred_username", none},
		{"export --format ", "csv ndjson", none},
		{"export --from a", "authgear", listed},
		{"export --from ./a", "csv ndjson gz zst", cobra.ShellCompDirectiveFilterFileExt},
		{"import --identifier ", "email phone_number preferred_username", none},
		{"import --preset ", "auth0 clerk cognito", none},
		{"import --empty ", "keep null error", none},
		{"import --mirror ", "csv", cobra.ShellCompDirectiveFilterFileExt},
		{"import --journal ", "", cobra.ShellCompDirectiveFilterDirs},
		{"import --map ", "", none},
		{"demo --dir ", "", cobra.ShellCompDirectiveFilterDirs},
		{"users list --sort ", "created_at last_login_at", none},
	} {
		got := invoke(t, append([]string{cobra.ShellCompNoDescRequestCmd}, strings.Split(test.args, " ")...)...)
		want := fmt.Sprintf(":%d\n", test.directive)
		if test.want != "" {
			want = strings.ReplaceAll(test.want, " ", "\n") + "\n" + want
		}
		if got.code != exitOK || got.stdout != want {
			t.Errorf("usersync %s: got %q, want %q", test.args, got.stdout, want)
		}
	}
	explained := invoke(t, cobra.ShellCompRequestCmd, "sync", "--fields", "locale")
	if !strings.HasPrefix(explained.stdout, "locale\tthe language, BCP 47\n") {
		t.Errorf("%+v", explained)
	}
}
