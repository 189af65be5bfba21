// Package exportfile writes users, and changes of users, to files and streams, with
// the names and forms of Authgear's own exports.
package exportfile
