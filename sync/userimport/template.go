package userimport

import "slices"

// Template is a header with a column for every field, the identifier first, and
// a row that shows how each is written. It imports as it is.
func Template(identifier Identifier) (header, example []string) {
	for _, f := range recordFields() {
		if f.example != "" {
			header, example = append(header, f.name), append(example, f.example)
		}
	}
	if i := slices.Index(header, string(identifier)); i > 0 {
		header = slices.Insert(slices.Delete(header, i, i+1), 0, string(identifier))
		moved := example[i]
		example = slices.Insert(slices.Delete(example, i, i+1), 0, moved)
	}
	return append(header, attributePrefix+"member_id"), append(example, "M-1001")
}
