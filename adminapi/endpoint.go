package adminapi

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// graphqlPath is where the Admin API's GraphQL is served below an endpoint.
const graphqlPath = "/_api/admin/graphql"

// ParseEndpoint reads the address of an Authgear project, as people copy it:
// with or without a trailing slash, with or without "/_api/admin/graphql".
// The result has neither; a path before it is kept, the host is in lower case
// and a port that the scheme implies is dropped, so that two spellings of one
// endpoint are equal as strings.
//
// Only https is accepted, and http when the host is this machine (localhost or
// a loopback address) or insecure is true, because each request carries a
// token that lets its reader change users. A user name, password, query or
// fragment in the address is an error; the error does not repeat them.
func ParseEndpoint(s string, insecure bool) (*url.URL, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, errors.New("read endpoint: it is empty; write the project's address, such as https://myapp.authgear.cloud")
	}
	if !strings.Contains(s, "://") {
		return nil, fmt.Errorf("read endpoint %q: it has no scheme; write https:// before it", withoutUserinfo(s))
	}
	u, err := url.Parse(s)
	if err != nil {
		// The *url.Error around it repeats the whole address, password included.
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err
		}
		return nil, fmt.Errorf("read endpoint: %w", err)
	}
	if u.User != nil {
		return nil, fmt.Errorf("read endpoint: the address of %s holds a user name or password; the Admin API wants neither", u.Host)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("read endpoint: %s://%s names no host", u.Scheme, u.Path)
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, fmt.Errorf("read endpoint: the address of %s goes on after a ? or #; leave that out", u.Host)
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !insecure && !loopback(u.Hostname()) {
			return nil, fmt.Errorf("read endpoint http://%s: without https, tokens can be read on the way; write https://, or allow insecure connections", u.Host)
		}
	default:
		return nil, fmt.Errorf("read endpoint: the scheme is %s; write https://", u.Scheme)
	}
	return &url.URL{Scheme: u.Scheme, Host: canonicalHost(u), Path: basePath(u.Path)}, nil
}

// basePath is the path below which the Admin API stands, without a slash at
// its end; the repetition takes off one that was pasted twice.
func basePath(path string) string {
	for {
		path = strings.TrimRight(path, "/")
		shorter, found := strings.CutSuffix(path, graphqlPath)
		if !found {
			return path
		}
		path = shorter
	}
}

func canonicalHost(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" || (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func withoutUserinfo(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return s[i+1:]
	}
	return s
}

// sameOrigin tells whether two addresses have the same scheme, host and port,
// which is how far a token may travel.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && canonicalHost(a) == canonicalHost(b)
}
