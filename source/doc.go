// Package source is where users come from: Authgear's Admin API, and mirrors
// read back. A source yields users and says how it knows that these are all; it
// compares nothing and decides nothing.
package source
