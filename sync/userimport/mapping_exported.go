package userimport

import "time"

// finishDisabled leaves out that an account is disabled, where the row of an
// export says so only because the account is disabled for a time, or is outside
// of its valid period: Authgear shows such accounts as disabled, and an import
// would disable them without end. Whoever writes a table by hand means what it
// says.
func (d *draft) finishDisabled() {
	if d.record["disabled"] != true || !d.mapping.fromExport() {
		return
	}
	now := d.mapping.now
	if until, set := d.exportedTime("temporarily_disabled_until"); set && now.Before(until) {
		delete(d.record, "disabled")
		d.say("disabled", "the account is disabled until "+until.UTC().Format(time.RFC3339)+", and an import can only disable without an end: it is left out")
		return
	}
	if reason, _ := d.exported("disable_reason"); !reason.IsEmpty() {
		return // somebody's decision
	}
	from, begins := d.exportedTime("account_valid_from")
	until, ends := d.exportedTime("account_valid_until")
	switch {
	case begins && now.Before(from):
		delete(d.record, "disabled")
		d.say("disabled", "the account shows as disabled as it is not valid before "+from.UTC().Format(time.RFC3339)+": it is left out, so that the account can be used from then on")
	case ends && !now.Before(until):
		delete(d.record, "disabled") // the period disables it as well
	}
}

// fromExport says whether the table is an export of users, Authgear's or
// usersync's: both have the id of each user.
func (m *Mapping) fromExport() bool {
	_, has := m.columns["sub"]
	_, disabled := m.columns["disabled"] // and no other column says who is disabled
	return has && disabled && !m.now.IsZero()
}

// exported is what the row has in a column of that name.
func (d *draft) exported(name string) (Value, bool) {
	index, has := d.mapping.columns[foldName(name)]
	if !has || index >= len(d.row.Values) {
		return Value{}, false
	}
	return d.row.Values[index], true
}

func (d *draft) exportedTime(name string) (time.Time, bool) {
	value, has := d.exported(name)
	if !has {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, value.Text)
	return at, err == nil
}
