package userimport

// FieldNamed is the name of a field that somebody spells in any of the ways that
// columns can be, as [Target] has it, and whether there is such a field. A custom
// attribute keeps its spelling, and its type behind a colon.
func FieldNamed(spelled string) (name string, known bool) {
	found, known := newFieldTable().find(spelled)
	if !known {
		return "", false
	}
	if found.declared != "" {
		return found.name() + ":" + found.declared, true
	}
	return found.name(), true
}
