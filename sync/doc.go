// Package usersync is the engine: what a user is, what a change is, and how a
// run goes from one to the other.
//
// The folder is called sync, the package usersync, because a package called
// sync would fight the standard library in every file that has a mutex. Import
// it by its name:
//
//	import usersync "usersync/sync"
//
// A run has one direction. A [Source] yields every user of a project; each is
// compared with the fingerprint that the [Mirror] remembers of it and, where
// they differ, staged; the users that the mirror has and the source did not
// yield are asked for by id; the whole plan is judged; and only then is it
// published, all at once. Every decision of a run is made in this package, and
// it knows neither Authgear's API nor any database: it imports the standard
// library alone.
package usersync
