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
// An update changes what the row says, and no user whom somebody is known to have
// changed since the rows were compared: whoever was read more than 10 minutes ago, or
// may have been updated already, is read again just before it is sent, and one who is
// not as seen before is left alone. There is no way to have the server compare, so
// what somebody changes later than that, or while the job waits there, is overwritten
// where the row says something else. An address is replaced as a whole, so whoever's
// is sent back in part is always read again just before.
//
// The journal on disk is written before and after each of these, so that the
// next run knows what this one may have done.
package importer
