package main

import (
	"strings"
	"testing"
)

// A markdown is a page in the making. What is given to it is Markdown already;
// [plain] makes it of other text.
type markdown struct{ strings.Builder }

func (m *markdown) title(text string) {
	m.WriteString("<!-- Made from the code by `make docs`. What is changed here is lost. -->\n\n# " + text + "\n")
}

func (m *markdown) heading(text string) { m.WriteString("\n## " + text + "\n") }

func (m *markdown) paragraph(text string) { m.WriteString("\n" + text + "\n") }

// block is lines that stand as they are.
func (m *markdown) block(language, text string) {
	m.WriteString("\n```" + language + "\n" + text + "\n```\n")
}

// table begins a table; its rows follow.
func (m *markdown) table(columns ...string) {
	m.WriteString("\n")
	m.row(columns...)
	m.WriteString(strings.Repeat("| --- ", len(columns)) + "|\n")
}

func (m *markdown) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	m.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// plain is a text in which Markdown finds nothing of its own. A lone - would begin a
// list where it comes to stand at the beginning of a line.
func plain(text string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "<", "&lt;", "`", "\\`", " _", " \\_", " - ", " `-` ", "[", "\\[", "]", "\\]").Replace(text)
}

// code is a name or a value as a program has it; nothing for none.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// codes are several of them.
func codes(texts []string) string {
	spelled := make([]string, len(texts))
	for i, text := range texts {
		spelled[i] = code(text)
	}
	return strings.Join(spelled, " ")
}

func TestPlainMarkdown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"custom_attributes.* and <b>": `custom_attributes.\* and &lt;b>`, "in _deleted_at, [x]": `in \_deleted_at, \[x\]`, "a`b": "a\\`b", "or - for": "or `-` for",
	} {
		if got := plain(text); got != want {
			t.Errorf("%s became %s", text, got)
		}
	}
}
