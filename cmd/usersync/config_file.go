package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"usersync/adminapi"
)

// A configEntry is the value of one key of a configuration file, as text.
type configEntry struct {
	text string
	line int
}

// readConfig reads a file of settings: a YAML mapping from the names of flags to
// values. A key that no command knows is an error, so that a misspelt budget is
// not taken for none.
func (a *app) readConfig(path string) (map[string]configEntry, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usageErrorf("read configuration: %w", err)
	}
	mapping, err := parseMapping(data)
	if err != nil {
		return nil, usageErrorf("read configuration %s: %w", path, err)
	}
	known := a.settingNames()
	entries := make(map[string]configEntry)
	if mapping == nil {
		return entries, nil
	}
	for i := 0; i < len(mapping.Content); i += 2 {
		key, node := mapping.Content[i], mapping.Content[i+1]
		where := fmt.Sprintf("%s, line %d: %s", path, key.Line, key.Value)
		if key.Value == "config" || !slices.Contains(known, key.Value) {
			return nil, usageErrorf("%s is not a setting%s", where, suggestion(key.Value, known, ""))
		}
		if a.isOnce(key.Value) {
			return nil, usageErrorf("%s is for one run that somebody has looked at, and this file is for all of them. Take it out, and give that run --%s", where, key.Value)
		}
		if earlier, twice := entries[key.Value]; twice {
			return nil, usageErrorf("%s is set on line %d already", where, earlier.line)
		}
		text, err := scalarText(node)
		if err != nil {
			return nil, usageErrorf("%s %w", where, err)
		}
		entries[key.Value] = configEntry{text: text, line: key.Line}
	}
	if a.exposed = exposedSecret(path, entries); a.exposed != "" {
		a.warnings = append(a.warnings, fmt.Sprintf("%s %s. Run: %s", path, a.exposed, closeFile(path)))
	}
	return entries, nil
}

// parseMapping is nil for a file that says nothing.
func parseMapping(data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one document")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: settings are written as \"name: value\", one a line", root.Line)
	}
	return root, nil
}

// scalarText is the value as a flag would spell it; a list is its elements, a line
// each.
func scalarText(node *yaml.Node) (string, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return "", errors.New("has no value")
	case node.Kind == yaml.ScalarNode:
		return node.Value, nil
	case node.Kind == yaml.SequenceNode:
		elements := make([]string, len(node.Content))
		for i, element := range node.Content {
			if element.Kind != yaml.ScalarNode {
				return "", errors.New("must be a list of names")
			}
			elements[i] = element.Value
		}
		return strings.Join(elements, "\n"), nil
	default:
		return "", errors.New("must be a single value")
	}
}

// exposedSecret says what others can read in a file of settings that they should
// not; empty where there is nothing.
func exposedSecret(path string, entries map[string]configEntry) string {
	info, err := os.Stat(path)
	if err != nil || adminapi.PrivateFile(info) {
		return ""
	}
	for _, name := range []string{"key", "database-url", "to", "from", "mirror"} {
		entry, given := entries[name]
		if given && (name == "key" || urlHasPassword(entry.text)) {
			return fmt.Sprintf("holds a secret (%s) and others can read it (mode %#o)", name, info.Mode().Perm())
		}
	}
	return ""
}

// closeFile is the command that keeps others out of a file.
func closeFile(path string) string { return "chmod 600 " + shellQuote(path) }
