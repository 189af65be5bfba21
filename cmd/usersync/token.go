package main

import (
	"github.com/spf13/cobra"
)

func (a *app) tokenCommand() *cobra.Command {
	options := &authgearOptions{}
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print a token for the Admin API",
		Long: `Print a token (a JWT) that opens the Admin API, for trying things out with curl
or any other client. It is signed on this machine; Authgear is not asked.

Whoever has the token can read and change every user until it expires, five
minutes later by default.`,
		Example: `  usersync token
  curl -H "Authorization: Bearer $(usersync token)" \
    -H "Content-Type: application/json" \
    -d '{"query":"{users(first: 1){totalCount}}"}' \
    "$AUTHGEAR_ENDPOINT/_api/admin/graphql"`,
	}
	a.declare(cmd, "Authgear", options.credentialOptions.settings()...)
	return a.command(cmd, func(*cobra.Command) error {
		if err := checkNeeds(options.credentialOptions.needs()...); err != nil {
			return err
		}
		// Nothing is sent, so any address does.
		options.endpoint = "http://localhost"
		client, err := a.client(options)
		if err != nil {
			return err
		}
		token, err := client.Token()
		if err != nil {
			return err
		}
		return a.print(token + "\n")
	})
}
