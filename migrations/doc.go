// Package migrations holds the tables of a Postgres mirror as numbered SQL files,
// and brings them into a database and up to date. What reads and writes the
// tables is elsewhere; that the SQL is here and nowhere else keeps readers and
// writers of the mirror from having to know each other.
package migrations
