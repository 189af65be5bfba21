package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"usersync/adminapi"
	"usersync/source"
	usersync "usersync/sync"
)

// authgearState is what is found out about the project.
type authgearState struct {
	key      *adminapi.Key
	reached  *adminapi.Reached
	distrust error // why the endpoint cannot be trusted, though something answers
	client   *adminapi.Client
	users    int // of the project
}

// authgearChecks go from the network to what the project has.
func (p *patient) authgearChecks() []check {
	asked, fields := []string{"credentials"}, []string{"credentials", "all together"}
	return []check{
		{name: "address", after: []string{"endpoint"}, look: p.lookAtAddress},
		{name: "TLS", after: []string{"address"}, look: p.lookAtTLS},
		{name: "clock", after: []string{"TLS"}, look: p.lookAtClock},
		{
			name: "credentials", after: []string{"app-id", "key-id", "private key", "TLS", "clock"}, look: p.lookAtCredentials,
		},
		{name: "API schema", after: fields, look: p.lookAtSchema},
		{name: "users", after: asked, look: p.lookAtUsers},
		{name: "page of ids", after: asked, look: func(ctx context.Context) finding { return p.lookAtPage(ctx, usersync.FieldSet{}) }},
		{name: "page of scalars", after: append(fields, "page of ids"), look: func(ctx context.Context) finding { return p.lookAtPage(ctx, source.Cheap(p.fields)) }},
		{name: "page of all fields", after: append(fields, "page of ids", "page of scalars"), look: func(ctx context.Context) finding { return p.lookAtPage(ctx, p.fields) }},
		{name: "speed", after: []string{"page of all fields"}, advice: true, look: p.lookAtSpeed},
		{name: "audit log", after: asked, advice: true, look: p.lookAtAuditLog},
		{name: "import", after: asked, advice: true, look: p.lookAtImport},
	}
}

// lookAtAddress sends one request without a token.
func (p *patient) lookAtAddress(ctx context.Context) finding {
	o := &p.options.source.authgear
	ctx, cancel := context.WithTimeout(ctx, min(o.timeout, requestTime))
	defer cancel()
	reached, err := adminapi.Reach(ctx, adminapi.Config{
		Endpoint: o.endpoint, Insecure: o.insecure, UserAgent: programName + "/" + programVersion(), Now: p.app.now,
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return amiss(exitTemporary, "Check the endpoint and the network", "no answer within %s", shortDuration(min(o.timeout, requestTime)))
	}
	if untrusted(err) {
		p.distrust = err
		return well("answers")
	}
	if err != nil {
		f := failure(err)
		f.Hint = cmp.Or(f.Hint, "Check the endpoint and the network")
		return f
	}
	p.reached = reached
	return well("answers within %s", milliseconds(reached.Took))
}

// certificateWarning is how long before its end a certificate should have been
// renewed: those that are renewed by themselves are, a month before.
const certificateWarning = 14 * 24 * time.Hour

// untrusted says whether something answered that is not the server, or cannot show
// that it is.
func untrusted(err error) bool {
	return isError[*tls.CertificateVerificationError](err) || isError[tls.RecordHeaderError](err) || errors.Is(err, http.ErrSchemeMismatch)
}

func (p *patient) lookAtTLS(context.Context) finding {
	if p.distrust != nil {
		return failure(p.distrust)
	}
	until := p.reached.CertificateUntil
	if until.IsZero() {
		if p.options.source.authgear.insecure {
			return warning("Use an https:// address: whoever reads a token on the way can change every user", "none, as --insecure allows")
		}
		return skipped("not between programs of one machine")
	}
	left := until.Sub(p.app.now())
	if left < certificateWarning {
		return warning("Have the server's certificate renewed", "the certificate is valid until %s, for %s", instant(until), days(left))
	}
	return well("the certificate is valid until %s, for %s", instant(until), days(left))
}

// days spells a long time.
func days(d time.Duration) string { return counted(int(d.Hours()/24), "day") }

func (p *patient) lookAtClock(context.Context) finding {
	if !p.reached.Dated {
		return skipped("the answer has no date to compare with")
	}
	ahead := p.reached.Ahead
	direction := "ahead of"
	if ahead < 0 {
		ahead, direction = -ahead, "behind"
	}
	const hint = "Set this machine's clock right, and have it kept so (NTP)"
	switch off := fmt.Sprintf("%s %s the server's", spent(ahead.Seconds()), direction); {
	case ahead > adminapi.MaxClockSkew:
		return amiss(exitUnauthorized, hint+": tokens are refused from "+shortDuration(adminapi.MaxClockSkew)+" on", "%s", off)
	case ahead > adminapi.MaxClockSkew/5:
		return warning(hint, "%s", off)
	case ahead < 2*time.Second+p.reached.Took:
		return well("as the server's")
	default:
		return well("%s", off)
	}
}

// lookAtCredentials asks for the number of users, which is the cheapest there is.
func (p *patient) lookAtCredentials(ctx context.Context) finding {
	o := p.options.source.authgear
	o.timeout, o.maxRetries = min(o.timeout, requestTime), min(o.maxRetries, 1)
	client, err := p.app.client(&o)
	if err != nil {
		return failure(err)
	}
	users, err := client.TotalCount(ctx)
	if err != nil {
		return failure(err)
	}
	p.client, p.users = client, users
	return well("Authgear accepts them")
}

func (p *patient) lookAtUsers(context.Context) finding {
	if p.users == 0 {
		return warning("Check that this is the right project: a run refuses an empty one in front of a mirror that has users", "the project has none")
	}
	return well("%s", grouped(p.users))
}
