package usersync

import (
	"strings"
	"unicode/utf8"
)

// guard is put before a cell that a spreadsheet would run as a formula.
const guard = "'"

// GuardFormula is a cell that no spreadsheet takes for a formula: one that begins
// with =, +, -, @, a tab, a carriage return or a line feed, or with the full-width
// form of one of the four signs, gets an apostrophe before it. So does one that
// begins with an apostrophe already: then [UnguardFormula] takes the guard off
// without doubt.
func GuardFormula(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠'", first) {
		return guard + cell
	}
	return cell
}

// UnguardFormula is the cell that GuardFormula was given.
func UnguardFormula(cell string) string { return strings.TrimPrefix(cell, guard) }
