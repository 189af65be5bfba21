// Package userimport brings people from elsewhere into an Authgear project: the
// rows of a table become records for the User Import API, each is compared with
// what Authgear has, and ends in exactly one known outcome.
//
// It is to imports what [usersync/sync] is to mirrors, and knows of Authgear
// what a record may hold and what the server makes of it. Where rows come from,
// how Authgear is asked, and how records are sent and kept from being lost are
// interfaces here, implemented in source and sink:
//
//	rows ─▶ map columns ─▶ check ─▶ compare ─▶ judge ─▶ send ─▶ outcomes
package userimport
