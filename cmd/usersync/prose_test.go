package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPassages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []passage
	}{
		"nothing":         {"", nil},
		"broken lines":    {"One\ntwo.\n\nThree.", []passage{{false, "One two."}, {false, "Three."}}},
		"a table":         {"As in\n  a  b\n  c  d\n\nand so on", []passage{{false, "As in"}, {true, "a  b\nc  d"}, {false, "and so on"}}},
		"a document":      {"As:\n\n  {\n    x\n\n  }", []passage{{false, "As:"}, {true, "{\n  x\n\n}"}}},
		"examples":        {"  one\n  two \\\n    three", []passage{{true, "one\ntwo \\\n  three"}}},
		"lines to spare":  {"\n\nOne.\n\n\nTwo.\n", []passage{{false, "One."}, {false, "Two."}}},
		"straight beside": {"One\n  as is\ntwo", []passage{{false, "One"}, {true, "as is"}, {false, "two"}}},
	} {
		if difference := cmp.Diff(test.want, passages(test.text), cmp.AllowUnexported(passage{})); difference != "" {
			t.Errorf("%s: %s", name, difference)
		}
	}
}
