package emulator

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// CustomAttribute is how a project defines a custom attribute.
type CustomAttribute struct {
	// Type is string, number, integer, enum, phone_number, email, url or
	// country_code, as Authgear knows them.
	Type string
	// Enum lists the values of the type enum.
	Enum []string
	// Minimum and Maximum limit numbers and integers; nil does not.
	Minimum, Maximum *float64
}

// SetCustomAttributes defines the project's custom attributes by their names.
// From then on imports ignore others, and refuse values of another type. Until
// then, and with nil, an import sets any attribute to any value, which a real
// project never does. What users have already stays.
func (p *Project) SetCustomAttributes(definitions map[string]CustomAttribute) {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	p.store.customAttributes = maps.Clone(definitions)
}

// SetLoginIDs enables these login IDs (email, phone, username) and no others;
// at first all are. People keep the login IDs that they have.
func (p *Project) SetLoginIDs(keys ...string) {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	p.store.loginIDs = slices.Clone(keys)
}

// rule is what the attribute's values must be *(source: config/user_profile.go)*.
func (c CustomAttribute) rule() *rule {
	limit := func(f *float64) json.Number {
		if f == nil {
			return ""
		}
		return json.Number(strconv.FormatFloat(*f, 'f', -1, 64))
	}
	text := func(format string) *rule { return &rule{types: []string{"string"}, format: format} }
	switch c.Type {
	case "number", "integer":
		return &rule{types: []string{c.Type}, minimum: limit(c.Minimum), maximum: limit(c.Maximum)}
	case "enum":
		return &rule{types: []string{"string"}, enum: c.Enum}
	case "phone_number":
		return text("phone")
	case "email":
		return text("email")
	case "url":
		return text("uri")
	case "country_code":
		return text("iso3166-1-alpha-2")
	default:
		return &rule{types: []string{"string"}, minLength: 1}
	}
}
