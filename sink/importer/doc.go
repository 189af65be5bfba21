// Package importer sends records to Authgear's User Import API so that none is
// lost and none is made twice, whatever happens to the server, to the connection
// or to the program.
//
// What makes that hard, all of it seen: a POST can be carried out although it is
// not answered, a job can stay pending for ever half done, one record can end the
// task of a hundred, jobs are forgotten after 24 hours, and there is no key by
// which a request could be repeated safely. What makes it possible: login IDs are
// unique, so a record that is sent again with upsert: false is at most skipped.
//
//	Send ─▶ pack ─▶ journal ─▶ POST ─▶ journal ─▶ poll ─▶ read back ─▶ journal ─▶ results
//	                             │ no answer         │ dead, stuck, forgotten
//	                             └────────▶ settle ◀─┘   read users back, send again who is missing
//
// An update overwrites nothing that somebody changed after the rows had been
// compared: whose user was read more than 10 minutes ago, or may have been updated
// already, is read again, and a user who is not as seen before is left alone.
//
// The journal on disk is written before and after each of these, so that the
// next run knows what this one may have done.
package importer
