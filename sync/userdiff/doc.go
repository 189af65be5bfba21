// Package userdiff compares two collections of users, of any size, in memory that
// grows by some hundred bytes a user.
//
// Both sides are read once for a fingerprint of each user. Those who differ are
// then read again for their values: by id where a side can be asked so, and by a
// second reading where it cannot. Values are kept in a temporary file. What is no
// longer different when it is read again is not reported.
package userdiff
