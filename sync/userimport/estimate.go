package userimport

// What one record takes, in milliseconds, where it was measured: 13 to create a
// user with an email alone, 37 with everything a record can hold, 23 to update.
const (
	createMillis  = 13
	fieldMillis   = 4 // for each field that is a row of its own at Authgear
	fullestMillis = 37
	updateMillis  = 23
	// bodyBytes is how much a body holds.
	bodyBytes = 500_000
	// firstJob is how many rows go before all others.
	firstJob = 10
	// jobRows is how many rows a job has at most.
	jobRows = 1000
	// asksPerJob is how often a job is asked after, about.
	asksPerJob = 4
	// readAtOnce is how many users are read back in a request.
	readAtOnce = 100
)

// add counts a record that is to be sent.
func (e *Estimate) add(record Record, outcome Outcome) error {
	if outcome != Created && outcome != Updated {
		return nil
	}
	body, err := record.JSON()
	if err != nil {
		return err
	}
	size := int64(len(body)) + 1
	e.Bytes += size
	millis := updateMillis
	if outcome == Updated {
		e.updating += size
	} else {
		e.creating += size
		millis = createMillis - fieldMillis // the identifier is one of them
		for _, field := range []string{"email", "phone_number", "preferred_username", "roles", "groups", "custom_attributes", "password", "mfa", "email_verified", "phone_number_verified"} {
			if _, has := record[field]; has {
				millis += fieldMillis
			}
		}
		millis = min(millis, fullestMillis)
	}
	e.Seconds += float64(millis) / 1000
	return nil
}

// finish counts the jobs and requests, with all that is to be sent known.
func (e *Estimate) finish(plan *Plan) {
	sending := plan.Sending()
	if sending == 0 {
		return
	}
	for _, bytes := range []int64{e.creating, e.updating} {
		if bytes > 0 {
			e.Jobs += 1 + int(bytes/bodyBytes)
		}
	}
	if least := (sending + jobRows - 1) / jobRows; e.Jobs < least {
		e.Jobs = least
	}
	if sending > firstJob {
		e.Jobs++ // the first is a small one
	}
	e.Requests = e.Jobs*(1+asksPerJob) + sending/readAtOnce + 1
}
