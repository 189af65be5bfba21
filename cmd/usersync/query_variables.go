package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"usersync/adminapi"
)

// readInput reads a file that people name, - for standard input.
func (a *app) readInput(path string) ([]byte, error) {
	if path == "-" {
		content, err := io.ReadAll(a.stdin)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return content, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, &usageError{err}
	}
	return content, nil
}

// readVariables gathers the variables' values.
func (a *app) readVariables(o *queryOptions, document *adminapi.Document) (map[string]any, error) {
	values := make(map[string]any)
	if o.variablesFile != "" {
		content, err := a.readInput(o.variablesFile)
		if err != nil {
			return nil, err
		}
		if err := decodeVariable(content, &values); err != nil || values == nil {
			return nil, usageErrorf("%s: this is no JSON object of variables, like {\"name\": \"value\"}", o.variablesFile)
		}
	}
	declared := make(map[string]adminapi.Variable)
	var names []string
	for _, variable := range document.Variables() {
		declared[variable.Name] = variable
		names = append(names, variable.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if _, known := declared[name]; !known {
			a.logger.Warn("the operation declares no such variable, so Authgear will pass over it", "file", o.variablesFile, "variable", name)
		}
	}
	given := make(map[string]bool)
	for _, text := range o.variables {
		name, value, found := strings.Cut(text, "=")
		name = strings.TrimPrefix(name, "$")
		if !found {
			return nil, usageErrorf("--var must look like NAME=VALUE")
		}
		variable, known := declared[name]
		if !known {
			return nil, usageErrorf("--var: the operation declares no variable %q%s", name, suggestion(name, names, ""))
		}
		if given[name] {
			return nil, usageErrorf("--var: %s is given twice", name)
		}
		given[name] = true
		spelled, err := variableValue(variable, value)
		if err != nil {
			return nil, err
		}
		values[name] = spelled
	}
	for _, variable := range document.Variables() {
		if _, has := values[variable.Name]; variable.Required && !has {
			return nil, usageErrorf("the variable %s has no value. Give --var %s=VALUE", variable.Name, variable.Name)
		}
	}
	return values, nil
}

// variableValue is what a variable's text stands for, by its declared type.
func variableValue(variable adminapi.Variable, text string) (any, error) {
	if !variable.List && (variable.Type == "String" || variable.Type == "ID") {
		return text, nil
	}
	var value any
	if decodeVariable([]byte(text), &value) != nil {
		value = text // such as the name of an enum's value, or a time
	}
	if variable.List || value == nil {
		return value, nil
	}
	// Authgear cuts 1.5 down to 1, and takes "yes" for true.
	number, isNumber := value.(json.Number)
	_, isBoolean := value.(bool)
	switch {
	case variable.Type == "Int" && (!isNumber || strings.ContainsAny(number.String(), ".eE")):
		return nil, usageErrorf("--var %s: the document declares Int, and this is no whole number", variable.Name)
	case variable.Type == "Float" && !isNumber:
		return nil, usageErrorf("--var %s: the document declares Float, and this is no number", variable.Name)
	case variable.Type == "Boolean" && !isBoolean:
		return nil, usageErrorf("--var %s: the document declares Boolean, and this is neither true nor false", variable.Name)
	}
	return value, nil
}

// decodeVariable reads one JSON value, and keeps numbers to the last digit.
func decodeVariable(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("there is more than one value")
	}
	return nil
}
