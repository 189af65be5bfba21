package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// A destination is where the mirror is. Printed or logged it shows no password.
type destination struct {
	url  string // of a Postgres database, password and all; empty for a file
	path string // of a CSV file

	schema   string        // of the database, where a Postgres mirror is
	waitLock time.Duration // for how long another run may hold it before that is an error
}

// parseDestination reads what a flag such as --to may say: a database URL, the word
// postgres for the one in databaseURL, or the path of a CSV file.
func parseDestination(flag, to, databaseURL string) (destination, error) {
	switch {
	case to == "postgres":
		if databaseURL == "" {
			return destination{}, usageErrorf("--%s postgres means the database in DATABASE_URL, which is not set. Set it, or give the URL: --%s postgres://USER@HOST/DATABASE", flag, flag)
		}
		if !isPostgresURL(databaseURL) {
			return destination{}, usageErrorf("DATABASE_URL is no address of a Postgres database. It must look like postgres://USER:PASSWORD@HOST/DATABASE")
		}
		return parseDestination(flag, databaseURL, "")
	case isPostgresURL(to):
		if _, certain := splitURL(to); !certain {
			return destination{}, usageErrorf("the database URL is malformed. It must look like postgres://USER:PASSWORD@HOST/DATABASE, where %%, /, ?, #, @ and : inside the password are written %%25, %%2F, %%3F, %%23, %%40 and %%3A")
		}
		return destination{url: to}, nil
	case strings.EqualFold(filepath.Ext(to), ".csv"):
		return destination{path: to}, nil
	default:
		shown := "--" + flag
		if !strings.ContainsAny(to, "=@:") { // it may be another spelling of a database's address, password and all
			shown = fmt.Sprintf("--%s %q", flag, to)
		}
		return destination{}, usageErrorf("%s is no place for a mirror. Write postgres://USER@HOST/DATABASE, or postgres for the database in DATABASE_URL, or a file that ends in .csv", shown)
	}
}

func isPostgresURL(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// String is what people are shown.
func (d destination) String() string {
	switch {
	case d.url == "":
		return d.path
	case d.schema == "" || d.schema == defaultSchema:
		return shownURL(d.url)
	default:
		return shownURL(d.url) + ", schema " + d.schema
	}
}

// GoString keeps %#v from showing more than String does.
func (d destination) GoString() string { return d.String() }

// shownURL is a URL without whatever may be a password in it: its scheme, user,
// host and path; of one in which that is not certain, no more than the scheme.
func shownURL(text string) string {
	parsed, certain := splitURL(text)
	if !certain {
		scheme, _, _ := strings.Cut(text, "://")
		return scheme + "://…"
	}
	shown := url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}
	if name := parsed.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// urlHasPassword says whether a password stands, or may stand, in a database
// URL, in either of the places that Postgres takes one from.
func urlHasPassword(text string) bool {
	if !isPostgresURL(text) {
		return false
	}
	parsed, certain := splitURL(text)
	if !certain {
		return true
	}
	_, has := parsed.User.Password()
	return has || strings.Contains(parsed.RawQuery, "password=")
}

// splitURL says whether it is certain which part of a URL is which. An unescaped
// / ? or # in a password ends what Go takes for the host; the @ after it then
// stands where none belongs.
func splitURL(text string) (parsed *url.URL, certain bool) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, false
	}
	return parsed, !strings.Contains(parsed.Path+parsed.RawQuery+parsed.Fragment, "@")
}
