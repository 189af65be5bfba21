package main

import (
	"strings"
	"time"

	"usersync/adminapi"
)

// credentialOptions say who the program is to an Authgear project.
type credentialOptions struct {
	appID, keyID, keyFile, key string
	tokenLifetime              time.Duration
}

func (o *credentialOptions) settings() []*setting {
	o.tokenLifetime = 5 * time.Minute
	return []*setting{
		{
			name: "app-id", vars: []string{"AUTHGEAR_APP_ID"}, value: text(&o.appID, "ID"),
			usage: "the project's app ID",
		},
		{
			name: "key-id", vars: []string{"AUTHGEAR_ADMIN_API_KEY_ID"}, value: text(&o.keyID, "ID"),
			usage: "the ID of the Admin API key",
		},
		{
			name: "key-file", vars: []string{"AUTHGEAR_ADMIN_API_KEY_FILE"}, value: text(&o.keyFile, "FILE"),
			usage: "the private key of that ID, a PEM file (or the PEM itself in AUTHGEAR_ADMIN_API_KEY)",
		},
		{
			name: "key", vars: []string{"AUTHGEAR_ADMIN_API_KEY"}, value: text(&o.key, "PEM"), hidden: true,
			usage: "the private key itself, in PEM",
		},
		{
			name: "token-lifetime", value: duration(&o.tokenLifetime, 10*time.Second),
			usage: "how long a token is valid",
		},
	}
}

// authgearOptions say which project is asked, and how gently.
type authgearOptions struct {
	credentialOptions
	endpoint   string
	insecure   bool
	rate       float64
	timeout    time.Duration
	maxRetries int
}

func (o *authgearOptions) settings() []*setting {
	o.rate, o.timeout, o.maxRetries = 20, 2*time.Minute, 5
	endpoint := &setting{
		name: "endpoint", vars: []string{"AUTHGEAR_ENDPOINT"}, value: text(&o.endpoint, "URL"),
		usage: "the project's address, such as https://myapp.authgear.cloud",
	}
	return append(append([]*setting{endpoint}, o.credentialOptions.settings()...),
		&setting{name: "rate", value: number(&o.rate, "N", 10_000), usage: "requests a second at most; 0 means no limit"},
		&setting{name: "timeout", value: duration(&o.timeout, time.Millisecond), usage: "how long one request may take, with all its repetitions"},
		&setting{name: "max-retries", value: whole(&o.maxRetries, 0), usage: "how often a failed request is tried again"},
		&setting{name: "insecure", value: switched(&o.insecure), usage: "allow http:// to other machines than this one"},
	)
}

// needs are what a token cannot be signed without.
func (o *credentialOptions) needs() []need {
	return []need{
		{"--app-id", "AUTHGEAR_APP_ID", "the project's app ID", o.appID != ""},
		{"--key-id", "AUTHGEAR_ADMIN_API_KEY_ID", "the ID of a key, as the portal lists it", o.keyID != ""},
		{"--key-file", "AUTHGEAR_ADMIN_API_KEY_FILE", "the private key downloaded there (or the PEM itself in AUTHGEAR_ADMIN_API_KEY)", o.keyFile+o.key != ""},
	}
}

// needs are what the project cannot be asked without.
func (o *authgearOptions) needs() []need {
	endpoint := need{"--endpoint", "AUTHGEAR_ENDPOINT", "the project's address, such as https://myapp.authgear.cloud", o.endpoint != ""}
	return append([]need{endpoint}, o.credentialOptions.needs()...)
}

// client is the Admin API's client as the options describe it.
func (a *app) client(o *authgearOptions) (*adminapi.Client, error) {
	key, err := a.signingKey(&o.credentialOptions)
	if err != nil {
		return nil, err
	}
	client, err := adminapi.New(adminapi.Config{
		Endpoint: o.endpoint, Insecure: o.insecure,
		AppID: o.appID, KeyID: o.keyID, Key: key, TokenLifetime: o.tokenLifetime,
		Rate: o.rate, Timeout: o.timeout, MaxRetries: o.maxRetries,
		UserAgent: programName + "/" + programVersion(), Logger: a.logger, Now: a.now,
	})
	if err != nil {
		return nil, &usageError{err}
	}
	return client, nil
}

// signingKey takes the key from the file or from memory, whichever was given
// more strongly: a flag beats the environment, which beats the configuration.
func (a *app) signingKey(o *credentialOptions) (*adminapi.Key, error) {
	file, memory := a.origins["key-file"], a.origins["key"]
	if o.key != "" && (o.keyFile == "" || memory.level > file.level) {
		key, err := adminapi.ParseKey([]byte(o.key))
		if err != nil {
			return nil, usageErrorf("read the key in %s: %w", memory.where, err)
		}
		return key, nil
	}
	if o.key != "" && memory.level == file.level {
		return nil, usageErrorf("the key is given twice, by %s and by %s. Leave one of them out", file.where, memory.where)
	}
	if strings.Contains(o.keyFile, "-----BEGIN") {
		return nil, usageErrorf("%s holds a key, not the name of its file. Put the key itself into AUTHGEAR_ADMIN_API_KEY", file.where)
	}
	key, err := adminapi.LoadKey(o.keyFile)
	if err != nil {
		return nil, &usageError{err}
	}
	if warning := key.Warning(); warning != "" {
		a.logger.Warn(warning)
	}
	return key, nil
}
