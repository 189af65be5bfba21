package userimport

import "slices"

// Know tells the mapping what the project has. From then on keys of roles and
// groups that it lacks are problems, and so are custom attributes that nobody
// has, unless these are allowed: Authgear drops an attribute that it does not
// know without a word. The types of custom attributes say what their cells
// become. Login IDs that the project has not enabled are in no record any more.
//
// It answers with the columns that are wrong for every row, as problems without
// a row. Those that are no warnings refuse the table.
func (m *Mapping) Know(project Project) []Problem {
	m.project = newKnownProject(project)
	var problems []Problem
	for _, b := range m.bindings {
		switch {
		case m.project.lacks(b.target):
			problems = append(problems, Problem{
				Column: b.column, Warning: true,
				Rule: "the project has not enabled this login ID, so that the column is left out, as Authgear would do",
				Hint: "enable it in the project before the import if it is to come along",
			})
		case b.target.attribute != "" && b.index >= 0:
			problems = append(problems, m.knowAttribute(b)...)
		}
	}
	fixed := &draft{mapping: m, record: Record{}}
	for _, b := range m.bindings {
		if b.index < 0 && !m.project.lacks(b.target) {
			fixed.put(b.column, b.target, b.constant)
		}
	}
	return append(problems, fixed.problems...)
}

// knowAttribute is what to say of the column of a custom attribute.
func (m *Mapping) knowAttribute(b binding) []Problem {
	f := m.unknownAttribute(b.target.attribute)
	switch {
	case f != nil && m.keys: // its rows tell
		return nil
	case f != nil:
		return []Problem{{Column: b.column, Rule: f.rule, Hint: f.hint}}
	case m.project.sees(b.target.attribute):
		return nil
	}
	problem := unseenAttribute(b.column)
	if b.target.declared == "" {
		problem.Hint = "its cells are sent as texts; if it is a number, map the column to " + b.target.name() + ":number"
	}
	return []Problem{problem}
}

// unseenAttribute is what to know of a custom attribute that nobody has and that
// is sent all the same.
func unseenAttribute(column string) Problem {
	return Problem{
		Column: column, Warning: true,
		Rule: "nobody has this custom attribute yet: Authgear drops it if the project does not know it, and its rows are then updates every time",
	}
}

// withheld are notes about the values of a row that are in no record, as the project
// has not enabled their login IDs.
func (m *Mapping) withheld(row Row) []string {
	var notes []string
	source := presetRow{columns: m.columns, row: row}
	for i := range m.bindings {
		b := &m.bindings[i]
		if !m.project.lacks(b.target) || b.index < 0 {
			continue
		}
		if value, _ := b.value(source); !value.IsEmpty() {
			notes = append(notes, b.column+" is left out: the project has not enabled this login ID")
		}
	}
	return notes
}

// fills says whether records may have a login ID, or that it is verified.
func (m *Mapping) fills(kind Identifier) bool {
	return slices.ContainsFunc(m.bindings, func(b binding) bool {
		return b.target.field.name == string(kind) || b.target.field.name == string(kind)+"_verified"
	})
}

// attributes are the names of the custom attributes that columns are for, but for
// those whose type the column says where that is all there is to know.
func (m *Mapping) attributes(allowUnknown bool) []string {
	var names []string
	for _, b := range m.bindings {
		if b.target.attribute != "" && (b.target.declared == "" || !allowUnknown) {
			names = append(names, b.target.attribute)
		}
	}
	return names
}

// holdsAttributes says whether rows can have custom attributes in one column, by
// names that no header tells.
func (m *Mapping) holdsAttributes() bool {
	return slices.ContainsFunc(m.bindings, func(b binding) bool { return b.target.field.kind == attributesKind })
}

// attributesIn are the names of the custom attributes that a row has in one column.
func (m *Mapping) attributesIn(row Row) []string {
	var names []string
	for i := range m.bindings {
		b := &m.bindings[i]
		if b.target.field.kind != attributesKind {
			continue
		}
		value, _ := b.value(presetRow{columns: m.columns, row: row})
		members, _ := membersOf(value) // what is wrong with them is told of each row
		for name, member := range members {
			if !member.IsEmpty() {
				names = append(names, name)
			}
		}
	}
	return names
}

// knownProject is a [Project] as it is asked. One that is nil is not known yet.
type knownProject struct {
	roles, groups map[string]bool
	without       map[string]bool // fields that records have not
	attributes    map[string]string
	sampled       int
	allowUnknown  bool
}

func newKnownProject(project Project) *knownProject {
	known := &knownProject{
		roles:        setOf(project.Roles),
		groups:       setOf(project.Groups),
		without:      make(map[string]bool),
		attributes:   project.CustomAttributes,
		sampled:      project.Sampled,
		allowUnknown: project.AllowUnknown,
	}
	for _, kind := range project.NoLoginIDs {
		known.without[string(kind)], known.without[string(kind)+"_verified"] = true, true
	}
	return known
}

func setOf(keys []string) map[string]bool {
	set := make(map[string]bool, len(keys))
	for _, key := range keys {
		set[key] = true
	}
	return set
}

// lacks says whether a field is for a login ID that the project has not enabled.
func (p *knownProject) lacks(t target) bool { return p != nil && p.without[t.field.name] }

// sees says whether anybody has a custom attribute.
func (p *knownProject) sees(name string) bool {
	_, seen := p.attributes[name]
	return seen
}
