package userimport

import (
	"encoding/json"
	"slices"
	"strings"
)

// Presets are the names of the products whose files of users are understood as
// those products write them.
func Presets() []string { return []string{"auth0", "clerk", "cognito"} }

func presetNamed(name string, identifier Identifier) (*preset, bool) {
	switch name {
	case "auth0":
		return auth0(), true
	case "clerk":
		return clerk(), true
	case "cognito":
		return cognito(identifier), true
	default:
		return nil, false
	}
}

// A preset says what the columns of a product's file mean, where that is not
// what Authgear calls them.
type preset struct {
	columns []presetColumn
	// leftOut are columns that cannot come along, folded; one that ends with a
	// dot or a bracket stands for all that begin with it.
	leftOut []string
	// attributes is what the names of the product's own custom attributes begin with.
	attributes string
	// escaped says of a row whether its texts have an apostrophe before them.
	escaped func(presetRow) bool
}

// A presetColumn says where one column goes.
type presetColumn struct {
	name  string
	field string // empty where it goes nowhere by itself
	take  takeFunc
	// yields names a column that goes to the same field, and comes before this one.
	yields string
	helps  bool // it goes nowhere, but others are taken by it
}

// A takeFunc makes a field's value of a column's, by the row's other columns if
// need be. It may say what cannot come along.
type takeFunc func(row presetRow, value Value) (taken Value, lost string)

// column is what the preset knows of a column.
func (p *preset) column(name string) (presetColumn, bool) {
	folded := foldName(name)
	for _, known := range p.columns {
		if foldName(known.name) == folded {
			return known, true
		}
	}
	if slices.ContainsFunc(p.leftOut, func(left string) bool {
		isGroup := strings.HasSuffix(left, ".") || strings.HasSuffix(left, "[")
		return left == folded || isGroup && strings.HasPrefix(folded, left)
	}) {
		return presetColumn{}, true
	}
	if attribute, found := strings.CutPrefix(name, p.attributes); found && p.attributes != "" && attribute != "" {
		return presetColumn{name: name, field: attributePrefix + attribute}, true
	}
	return presetColumn{}, false
}

// A presetRow is a row whose columns are asked for by their names.
type presetRow struct {
	columns map[string]int
	row     Row
	escaped bool
}

func (r presetRow) value(name string) Value {
	index, found := r.columns[foldName(name)]
	if !found {
		return Value{Absent: true}
	}
	return r.at(index)
}

func (r presetRow) at(index int) Value {
	if index < 0 || index >= len(r.row.Values) {
		return Value{Absent: true}
	}
	value := r.row.Values[index]
	if r.escaped && value.JSON == nil {
		value.Text = strings.TrimPrefix(value.Text, "'")
	}
	return value
}

// onlyTrue leaves a flag alone where it is not set: Authgear's has it so anyway.
func onlyTrue(_ presetRow, value Value) (Value, string) {
	if set, f := checkBool(value); f == nil && set == false {
		return Value{Absent: true}, ""
	}
	return value, ""
}

// bcryptOnly takes a hash along if it is bcrypt.
func bcryptOnly(hasher string, value Value) (Value, string) {
	if value.IsEmpty() {
		return Value{Absent: true}, ""
	}
	if hasher == "" {
		hasher = hashName(strings.TrimSpace(value.Text))
	}
	if hasher == "bcrypt" {
		return value, ""
	}
	if hasher == "" {
		hasher = "something unknown"
	}
	return Value{Absent: true}, "the password cannot come along: it is hashed with " + shortened(hasher) + ", and Authgear takes bcrypt alone"
}

func jsonTrue() Value { return Value{JSON: json.RawMessage("true")} }
