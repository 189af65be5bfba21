package emulator

// importRequestRule is what the body of an import's POST must be.
func importRequestRule() *rule {
	return &rule{
		types: []string{"object"}, closed: true, required: []string{"identifier", "records"},
		properties: map[string]*rule{
			"upsert": {types: []string{"boolean"}},
			"identifier": {
				types: []string{"string"},
				enum:  []string{"preferred_username", "email", "phone_number"},
			},
			"records": {types: []string{"array"}, minItems: 1, items: &rule{types: []string{"object"}}},
		},
	}
}

// importRecordRule is what a record must be when people are told apart by the
// identifier, which must be there, though it may be null: that the real
// server's rules allow, and then it panics.
func importRecordRule(identifier string) *rule {
	return &rule{
		types: []string{"object"}, closed: true, required: []string{identifier},
		properties: importProperties(),
	}
}

func importProperties() map[string]*rule {
	nullable := func(format string) *rule { return &rule{types: []string{"string", "null"}, format: format} }
	text := func() *rule { return &rule{types: []string{"string", "null"}, minLength: 1} }
	filled := func() *rule { return &rule{types: []string{"string"}, minLength: 1} }
	boolean := &rule{types: []string{"boolean"}}
	instant := &rule{types: []string{"string"}, format: "date-time"}
	keys := &rule{types: []string{"array"}, items: filled()}
	password := &rule{
		types: []string{"object"}, closed: true, required: []string{"password_hash", "type"},
		properties: map[string]*rule{
			"type":          {types: []string{"string"}, enum: []string{"bcrypt"}},
			"password_hash": filled(),
			"expire_after":  instant,
		},
	}
	totp := &rule{
		types: []string{"object"}, closed: true, required: []string{"secret"},
		properties: map[string]*rule{"secret": filled()},
	}
	address := &rule{types: []string{"object", "null"}, properties: map[string]*rule{}}
	for _, part := range []string{"formatted", "street_address", "locality", "region", "postal_code", "country"} {
		address.properties[part] = filled()
	}
	return map[string]*rule{
		"email": nullable("email"), "phone_number": nullable("phone"), "preferred_username": text(),
		"email_verified": boolean, "phone_number_verified": boolean, "disabled": boolean,
		"account_valid_from": instant, "account_valid_until": instant,
		"name": text(), "given_name": text(), "family_name": text(), "middle_name": text(), "nickname": text(),
		"profile": nullable("uri"), "picture": nullable("x_picture"), "website": nullable("uri"),
		"gender": text(), "birthdate": nullable("birthdate"), "zoneinfo": nullable("timezone"),
		"locale": nullable("bcp47"), "address": address,
		"custom_attributes": {types: []string{"object"}},
		"roles":             keys, "groups": keys, "password": password,
		"mfa": {
			types: []string{"object"}, closed: true,
			properties: map[string]*rule{
				"email": nullable("email"), "phone_number": nullable("phone"), "password": password, "totp": totp,
			},
		},
	}
}
