// Package sink is where users go: PostgreSQL and CSV files, each a mirror that
// remembers what it holds and publishes a run's changes all at once. What
// differs, and whether it may be written, is decided by package usersync.
package sink
