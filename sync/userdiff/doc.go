// Package userdiff compares two collections of users, of any size, in memory that
// does not grow with them.
//
// Both sides are read once for a fingerprint of each user, and the fingerprints are
// put in order. Those who differ are then read again for their values: by id where a
// side can be asked so, and by a second reading where it cannot. What is no longer
// different when it is read again is not reported. What is more than memory is to
// hold is kept in temporary files: some fifty bytes a user, and the values of those
// who differ.
package userdiff
