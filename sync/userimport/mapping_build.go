package userimport

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// NewMapping understands a table's columns. They are matched with the names of
// fields without regard to case, spaces, underscores and hyphens; the name of a
// custom attribute keeps its spelling, and may have its type behind a colon
// (custom_attributes.points:number) for a project in which nobody has it yet.
// A [*MappingError] says all that is wrong.
func NewMapping(columns []string, cfg MappingConfig) (*Mapping, error) {
	b := &mappingBuilder{
		cfg: cfg, columns: columns, filled: map[string]string{}, used: map[string]bool{},
		mapping: &Mapping{
			identifier: cfg.Identifier, region: strings.ToUpper(cfg.DefaultRegion), empty: cfg.Empty, keys: cfg.Keys, now: cfg.Now,
			table: newFieldTable(), deleted: -1, columns: map[string]int{}, zones: &sync.Map{},
		},
	}
	b.checkOptions()
	for i, column := range columns {
		folded := foldName(column)
		if _, taken := b.mapping.columns[folded]; !taken {
			b.mapping.columns[folded] = i
		}
	}
	for i, column := range columns {
		b.addColumn(i, column)
	}
	b.addConstants()
	b.checkLeftOver()
	if len(b.wrong.Unknown) > 0 || len(b.wrong.Faults) > 0 {
		return nil, &b.wrong
	}
	return b.mapping, nil
}

type mappingBuilder struct {
	cfg     MappingConfig
	columns []string
	mapping *Mapping
	preset  *preset
	filled  map[string]string // the stored name of a field -> how its column is called
	used    map[string]bool   // what --map and --ignore-column name, once it is found
	wrong   MappingError
}

func (b *mappingBuilder) fault(format string, args ...any) {
	b.wrong.Faults = append(b.wrong.Faults, fmt.Sprintf(format, args...))
}

func (b *mappingBuilder) checkOptions() {
	if !slices.Contains(Identifiers(), b.cfg.Identifier) {
		b.fault("there is no identifier %q: it is email, phone_number or preferred_username", b.cfg.Identifier)
	}
	switch b.cfg.Empty {
	case EmptyKeep, EmptyNull, EmptyError:
	case "":
		b.mapping.empty = EmptyKeep
	default:
		b.fault("empty cells cannot mean %q: it is keep, null or error", b.cfg.Empty)
	}
	if region := b.mapping.region; region != "" && !phonenumbers.GetSupportedRegions()[region] {
		b.fault("there is no region %q: it is written as in ISO 3166-1, such as HK", b.cfg.DefaultRegion)
	}
	if b.cfg.Preset == "" {
		return
	}
	preset, found := presetNamed(b.cfg.Preset, b.cfg.Identifier)
	if !found {
		b.fault("there is no preset %q: there are %s", b.cfg.Preset, strings.Join(Presets(), ", "))
		return
	}
	b.preset = preset
	b.mapping.escaped = preset.escaped
}

// addColumn finds out what a column is for: what the options say, then the
// preset, then the names of Authgear's fields, then what exports have besides.
func (b *mappingBuilder) addColumn(index int, column string) {
	if isDeletedColumn(column) {
		b.mapping.deleted = index
	}
	if name, mapped := b.cfg.Map[column]; mapped {
		b.used[column] = true
		found, known := b.mapping.table.find(name)
		if !known {
			b.fault("--map %s: there is no field %q%s", shellQuoted(column+"="+name), name, b.instead(name))
			return
		}
		b.bind(index, column, found, nil)
		return
	}
	if slices.Contains(b.cfg.Ignore, column) {
		b.used[column] = true
		b.leaveOut(index, column)
		return
	}
	if b.preset != nil && b.addPresetColumn(index, column) {
		return
	}
	if found, known := b.mapping.table.find(column); known {
		b.bind(index, column, found, nil)
		return
	}
	if isExported(foldName(column)) {
		b.mapping.leftOut = append(b.mapping.leftOut, column)
		return
	}
	b.wrong.Unknown = append(b.wrong.Unknown, UnknownColumn{Column: column, Nearest: b.mapping.table.nearest(column)})
}

func (b *mappingBuilder) instead(name string) string {
	if nearest := b.mapping.table.nearest(name); nearest != "" {
		return "; " + nearest + " is nearest"
	}
	return ""
}

func (b *mappingBuilder) leaveOut(index int, column string) {
	b.mapping.leftOut = append(b.mapping.leftOut, column)
	if index == b.mapping.deleted {
		b.mapping.deleted = -1 // whoever leaves it out by name wants the deleted, too
	}
}

func (b *mappingBuilder) addPresetColumn(index int, column string) bool {
	known, isKnown := b.preset.column(column)
	switch {
	case !isKnown:
		return false
	case known.field != "" && !b.yields(known):
		found, ok := b.mapping.table.find(known.field)
		if !ok {
			return false
		}
		b.bind(index, column, found, known.take)
	default:
		if known.take != nil {
			b.mapping.notices = append(b.mapping.notices, notice{column: column, index: index, take: known.take})
		}
		if known.field == "" && !known.helps {
			b.mapping.leftOut = append(b.mapping.leftOut, column)
		}
	}
	return true
}

// yields says whether the table has the column that comes before another.
func (b *mappingBuilder) yields(column presetColumn) bool {
	_, other := b.mapping.columns[foldName(column.yields)]
	return column.yields != "" && other
}

// bind lets a column fill a field, unless another does already.
func (b *mappingBuilder) bind(index int, column string, t target, take takeFunc) {
	stored := strings.Join(t.path, ".")
	who := "column " + shellQuoted(column)
	if index < 0 {
		who = "--set " + t.name()
	}
	if other, taken := b.filled[stored]; taken {
		b.fault("%s and %s both fill %s: leave one out, a column by --ignore-column", other, who, t.name())
		return
	}
	b.filled[stored] = who
	if t.field.name == string(b.cfg.Identifier) {
		b.mapping.identified = column
	}
	b.mapping.bindings = append(b.mapping.bindings, binding{column: column, index: index, target: t, take: take})
}

// addConstants adds what every row gets, and checks it once: the project's own
// rules come with [Mapping.Know].
func (b *mappingBuilder) addConstants() {
	for _, name := range slices.Sorted(maps.Keys(b.cfg.Set)) {
		found, known := b.mapping.table.find(name)
		switch {
		case !known:
			b.fault("--set %s: there is no field %q%s", shellQuoted(name+"=…"), name, b.instead(name))
			continue
		case found.field.name == string(b.cfg.Identifier):
			b.fault("--set %s: every row would be the same user", name)
			continue
		}
		before := len(b.mapping.bindings)
		b.bind(-1, found.name(), found, nil)
		if len(b.mapping.bindings) == before {
			continue
		}
		constant := Value{Text: b.cfg.Set[name]}
		b.mapping.bindings[before].constant = constant
		d := &draft{mapping: b.mapping, record: Record{}}
		d.put(found.name(), found, constant)
		for _, problem := range d.problems {
			if !problem.Warning {
				b.fault("--set %s: %s%s", name, problem.Rule, inBrackets(problem.Hint))
			}
		}
	}
}

func inBrackets(hint string) string {
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}

// checkLeftOver finds what the options name and the table lacks, and sees that
// there is something to match users by.
func (b *mappingBuilder) checkLeftOver() {
	there := "the columns are " + strings.Join(b.columns, ", ")
	for _, column := range slices.Sorted(maps.Keys(b.cfg.Map)) {
		if !b.used[column] {
			b.fault("--map %s: there is no column %q; %s", shellQuoted(column+"="+b.cfg.Map[column]), column, there)
		}
	}
	for _, column := range b.cfg.Ignore {
		if !b.used[column] {
			b.fault("--ignore-column %s: there is no such column; %s", shellQuoted(column), there)
		}
	}
	identifier := string(b.cfg.Identifier)
	if _, filled := b.filled[identifier]; !filled && len(b.wrong.Faults) == 0 {
		b.fault("no column fills %s, by which rows are matched with users; %s: add --map %s", identifier, there, shellQuoted("COLUMN="+identifier))
	}
}
