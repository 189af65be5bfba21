package usersync

import "time"

// The modes of a run. A full run reads every user. An incremental one reads who
// is new and whom the source's audit log names; it is best effort, because the
// audit log is a hint about who changed and never a proof that nobody did.
const (
	ModeFull        = "full"
	ModeIncremental = "incremental"
	// ModeForget is what the ledger calls people being forgotten on request. It
	// is no run: nothing was read, and nobody decided by a budget.
	ModeForget = "forget"
	// ModeImport is what the ledger calls the note of an import into Authgear. It
	// is no run either: nothing was read, and the mirror did not change.
	ModeImport = "import"
	// ModeAuto is incremental as long as a complete sweep is not too long ago.
	ModeAuto = "auto"
)

// A ModeConfig is how a run chooses its mode.
type ModeConfig struct {
	Wanted string // ModeFull, which "" means too, ModeIncremental or ModeAuto
	// FullEvery is for how long after a complete sweep began ModeAuto goes
	// without another one.
	FullEvery time.Duration
}

// chooseMode is how a run begins; an incremental one may yet become a full one.
func (r *run) chooseMode(held Held) string {
	why := ""
	_, canFollow := r.Source.(Follower)
	switch {
	case r.Mode.Wanted == ModeFull || r.Mode.Wanted == "":
		return ModeFull
	case !canFollow:
		why = "the source cannot tell who may have changed"
	case r.Anew:
		why = "everybody is to be compared"
	case !held.Published:
		why = "it is the first run"
	case held.Project != r.report.Project:
		why = "the mirror held another project's users"
	case r.refill:
		why = "everybody is written anew"
	case r.history.watermark.IsZero():
		why = "no run has left a watermark"
	case held.Due != "":
		// Also where incremental is wanted: the log does not tell what came of it.
		why = held.Due
	case r.Mode.Wanted == ModeIncremental:
	case r.history.completeAt.IsZero():
		why = "there was no complete sweep yet"
	case r.report.StartedAt.Sub(r.history.completeAt) > r.Mode.FullEvery:
		why = "the last complete sweep is too long ago"
	}
	if why != "" {
		return r.full(why)
	}
	return ModeIncremental
}

// full is the mode of a run that was to read less than everybody and may not.
func (r *run) full(why string) string {
	r.Logger.Info("a full run, not an incremental one", "because", why)
	r.report.ModeReason = why
	return ModeFull
}
