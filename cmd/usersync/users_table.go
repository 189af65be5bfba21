package main

import (
	"io"
	"strings"
	"time"

	usersync "usersync/sync"
)

const (
	// measuredRows is how many rows the widths of a table's columns come from. So
	// many are held back; the others are written as they come.
	measuredRows = 100
	// widestCell is how many columns a cell takes at most where there is no terminal
	// to be filled, and narrowestCell at least where there is.
	widestCell, narrowestCell = 48, 8
	// tellingAccount is how much of an account tells people apart. Before there is
	// less of it, other columns are cut or left out.
	tellingAccount = 24
)

// The columns of the table.
const (
	idColumn = iota
	accountColumn
	nameColumn
	createdColumn
	lastLoginColumn
	statusColumn
)

// peopleTable writes a line for each user, for people.
type peopleTable struct {
	out    io.Writer
	width  int // of the terminal; 0 for none
	now    time.Time
	held   [][]string
	widths []int // none until they were measured
}

func newPeopleTable(out io.Writer, now time.Time) *peopleTable {
	return &peopleTable{
		out: out, width: columns(out), now: now,
		held: [][]string{peopleColumns()},
	}
}

func peopleColumns() []string {
	return []string{
		idColumn: "ID", accountColumn: "ACCOUNT", nameColumn: "NAME",
		createdColumn: "CREATED", lastLoginColumn: "LAST LOGIN", statusColumn: "STATUS",
	}
}

func (w *peopleTable) fields() usersync.FieldSet {
	return usersync.FieldsNamed(append([]string{"end_user_account_id", "formatted_name", "created_at", "last_login_at"}, statusFields()...))
}

func (w *peopleTable) add(user *usersync.User) error {
	row := []string{
		user.ID.String(), textOf(user, "end_user_account_id"), textOf(user, "formatted_name"),
		dayOf(user, "created_at"), dayOf(user, "last_login_at"), strings.Join(accountStatus(user, w.now), ", "),
	}
	for i, cell := range row {
		row[i] = printableName(cell)
		if cell == "" {
			row[i] = "-"
		}
	}
	if w.widths != nil {
		return writeResult(w.out, []byte(w.line(row)))
	}
	w.held = append(w.held, row)
	if len(w.held) > measuredRows {
		return w.release()
	}
	return nil
}

func (w *peopleTable) close() error {
	if w.widths == nil {
		if len(w.held) == 1 { // nobody needs a header
			return nil
		}
		if err := w.release(); err != nil {
			return err
		}
	}
	names := w.leftOut()
	if len(names) == 0 {
		return nil
	}
	note := "This terminal is too narrow for " + strings.Join(names, ", ") + "; --json and --csv have all."
	return writeResult(w.out, []byte("\n"+wrap(note, max(w.width, narrowestHelp), "")+"\n"))
}

// release writes what was held back.
func (w *peopleTable) release() error {
	w.measure()
	var text strings.Builder
	for _, row := range w.held {
		text.WriteString(w.line(row))
	}
	w.held = nil
	return writeResult(w.out, []byte(text.String()))
}

// The columns that give room to others where a terminal is narrow: texts by being
// cut, and what says least of who somebody is by being left out. Of an ID a part is
// no use.
func cutColumns() []int { return []int{nameColumn, statusColumn, accountColumn} }

func leftOutColumns() []int { return []int{lastLoginColumn, createdColumn, nameColumn} }

// measure gives each column the room it needs, as far as there is.
func (w *peopleTable) measure() {
	w.widths = make([]int, len(w.held[0]))
	for _, row := range w.held {
		for i, cell := range row {
			w.widths[i] = max(w.widths[i], min(cellWidth(cell), widestCell))
		}
	}
	if w.width == 0 {
		return
	}
	for _, column := range leftOutColumns() {
		if w.total(tellingAccount, narrowestCell) > w.width {
			w.widths[column] = 0
		}
	}
	w.cut(widestCell, tellingAccount, cutColumns())
	w.cut(tellingAccount, narrowestCell, cutColumns()[:2])
	w.cut(tellingAccount, narrowestCell, []int{accountColumn})
}

// cut makes columns narrower, all of them alike and not below the least, until lines
// fit.
func (w *peopleTable) cut(most, least int, narrowed []int) {
	for room := most; room >= least; room-- {
		for _, i := range narrowed {
			if w.total(widestCell, widestCell) > w.width {
				w.widths[i] = min(w.widths[i], room)
			}
		}
	}
}

// total is how wide a line is whose account takes so much at most, and its other
// texts so much.
func (w *peopleTable) total(account, others int) int {
	total := -2 // nothing comes after the last
	for i, taken := range w.widths {
		switch i {
		case accountColumn:
			taken = min(taken, account)
		case nameColumn, statusColumn:
			taken = min(taken, others)
		}
		if taken > 0 {
			total += taken + 2
		}
	}
	return total
}

// leftOut are the names of the columns that there was no room for.
func (w *peopleTable) leftOut() []string {
	var names []string
	for i, name := range peopleColumns() {
		if w.widths[i] == 0 {
			names = append(names, name)
		}
	}
	return names
}

func (w *peopleTable) line(row []string) string {
	var line strings.Builder
	for i, cell := range row {
		if w.widths[i] == 0 {
			continue
		}
		cell = cutCell(cell, w.widths[i])
		gap := w.widths[i] - cellWidth(cell) + 2
		if w.width > 0 && isRightToLeft(cell) {
			cell += leftToRight
		}
		line.WriteString(cell + strings.Repeat(" ", gap))
	}
	return strings.TrimRight(line.String(), " ") + "\n"
}

// fieldNamed is a field of the table of all fields.
func fieldNamed(name string) *usersync.Field {
	field, found := usersync.AllFields().Lookup(name)
	if !found {
		panic("there is no field " + name)
	}
	return field
}

func textOf(user *usersync.User, name string) string {
	text, _ := user.Get(fieldNamed(name)).(string)
	return text
}

func timeOf(user *usersync.User, name string) time.Time {
	at, _ := user.Get(fieldNamed(name)).(time.Time)
	return at
}

func dayOf(user *usersync.User, name string) string {
	if at := timeOf(user, name); !at.IsZero() {
		return at.Format(time.DateOnly)
	}
	return ""
}
