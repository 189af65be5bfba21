package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"usersync/source/table"
	"usersync/sync/userimport"
)

// importOptions say what `usersync import` reads, what it makes of it, and what
// becomes of that.
type importOptions struct {
	authgear authgearOptions

	from, query string
	spool       string
	delimiter   string
	excelSafe   bool

	identifier   string
	upsert       bool
	mapped       []string // COLUMN=FIELD
	set          []string // FIELD=VALUE
	ignore       []string
	preset       string
	empty        string
	region       string
	allowUnknown bool

	dryRun, noLookup, yes bool
	results, rejects      string
	journal               string
	restart               bool
	jobs                  int
	jobTimeout            time.Duration
	noReadback            bool
	mirror                mirrorOptions

	json, verbose bool
}

func (o *importOptions) settings(declare func(heading string, settings ...*setting)) {
	o.empty, o.jobs = string(userimport.EmptyKeep), 2
	o.mirror.flag = "mirror"
	declare("Rows",
		&setting{name: "identifier", value: choice(&o.identifier, "FIELD", identifierNames()...), usage: "by which login ID rows are matched with users: email, phone_number or preferred_username"},
		&setting{name: "from", value: text(&o.from, "URL"), usage: "read the rows of --query from this database, postgres://USER@HOST/DATABASE, or postgres for the one in DATABASE_URL"},
		&setting{name: "query", value: text(&o.query, "SQL"), usage: "a select; its columns are the table's"},
		&setting{name: "spool", value: text(&o.spool, "FILE"), usage: "where rows are kept that cannot be read twice, those of --from and of -; removed when the import has come to its end"},
		&setting{name: "delimiter", value: text(&o.delimiter, "CHARACTER"), usage: "what stands between the cells of a CSV file; tab for a tab (default found out)"},
		&setting{name: "excel-safe", value: switched(&o.excelSafe), usage: "take off the guard that usersync export --excel-safe puts before cells of CSV"},
	)
	declare("What rows mean",
		&setting{name: "upsert", value: switched(&o.upsert), usage: "give users who exist what their rows say; otherwise they are skipped"},
		&setting{name: "map", value: &repeated{&o.mapped, "COLUMN=FIELD"}, usage: "what a column means, as in --map 'E-Mail=email'; can be repeated"},
		&setting{name: "preset", value: choice(&o.preset, "PRODUCT", userimport.Presets()...), usage: "the file is one that " + orWords(userimport.Presets()) + " wrote"},
		&setting{name: "set", value: &repeated{&o.set, "FIELD=VALUE"}, usage: "what every row gets, as in --set email_verified=true; can be repeated"},
		&setting{name: "ignore-column", value: &repeated{&o.ignore, "COLUMN"}, usage: "leave a column out; can be repeated"},
		&setting{name: "empty", value: choice(&o.empty, "HOW", string(userimport.EmptyKeep), string(userimport.EmptyNull), string(userimport.EmptyError)), usage: "what an empty cell means: keep leaves alone what the user has, null removes it, error rejects the row"},
		&setting{name: "default-region", value: text(&o.region, "COUNTRY"), usage: "the country of phone numbers without one, such as HK"},
		&setting{name: "allow-unknown-attributes", value: switched(&o.allowUnknown), usage: "send custom attributes that no user has; Authgear drops those that the project does not know, without a word"},
	)
	declare("Before sending",
		&setting{name: "dry-run", value: switched(&o.dryRun), usage: "find out what each row would do, and send nothing"},
		&setting{name: "no-lookup", value: switched(&o.noLookup), usage: "with --dry-run: check the rows alone, and ask Authgear nothing"},
		&setting{name: "yes", short: "y", value: switched(&o.yes), usage: "send without asking, as is needed where there is no terminal"},
	)
	declare("Sending",
		&setting{name: "journal", value: text(&o.journal, "FOLDER"), usage: "where it is kept what was sent, so that the same command goes on where one ended (default FILE.import)"},
		&setting{name: "restart", value: switched(&o.restart), usage: "put the journal of an unfinished import aside, and forget what it knows"},
		&setting{name: "jobs", value: whole(&o.jobs, 1), usage: "how many jobs Authgear is given at a time"},
		&setting{name: "job-timeout", value: duration(&o.jobTimeout, time.Second), usage: "how long a job may take until it counts as stuck (default 10m, and 2s a row)"},
		&setting{name: "no-readback", value: switched(&o.noReadback), usage: "do not read users back to see what Authgear quietly left out"},
	)
	declare("What remains",
		&setting{name: "results", value: text(&o.results, "FILE"), usage: "what became of each row, a CSV file (default FILE.results.csv; none in a dry run)"},
		&setting{name: "rejects", value: text(&o.rejects, "FILE"), usage: "the rows to mend and to feed again, as they were; the reasons beside it, ending in .txt (default FILE.rejects.csv, or .ndjson; none in a dry run)"},
	)
	declare("Mirror", o.mirrorSettings()...)
	declare("Authgear", o.authgear.settings()...)
	declare("Output",
		&setting{name: "verbose", short: "v", value: switched(&o.verbose), usage: "list every row, and what an update changes, old → new; this is people's data"},
		&setting{name: "json", value: switched(&o.json), usage: "print one JSON object, also when the import fails"},
	)
}

func (o *importOptions) mirrorSettings() []*setting {
	settings := o.mirror.settings()
	settings[0].usage = "tell this mirror that users were imported, so that its next sync reads everybody, and ask it before Authgear who exists, if it is fresh: a database, or a path that ends in .csv"
	return settings
}

func identifierNames() []string {
	var names []string
	for _, identifier := range userimport.Identifiers() {
		names = append(names, string(identifier))
	}
	return names
}

func orWords(words []string) string {
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// check finds what does not go together.
func (o *importOptions) check(args []string) error {
	piped := len(args) == 1 && args[0] == stdinName
	switch {
	case len(args) == 0 && o.from == "":
		return usageErrorf("nothing says which rows to import. Name a file, or - for standard input, or a database with --from. See: usersync import --help")
	case len(args) > 0 && o.from != "":
		return usageErrorf("the rows are either those of a file or those of --from. Leave one of them out")
	case o.from != "" && o.query == "":
		return usageErrorf("--from needs a --query whose rows are imported, such as 'select email, name from people'")
	case o.query != "" && o.from == "":
		return usageErrorf("--query is run in the database that --from names. Add --from")
	case (o.from != "" || piped) && o.spool == "":
		return usageErrorf("these rows can be read only once, and a run that is killed must read the same ones again. Say where to keep them meanwhile: --spool FILE")
	case o.spool != "" && o.from == "" && !piped:
		return usageErrorf("--spool is for rows that can be read only once, and a file can be read again. Leave it out")
	case o.excelSafe && o.from != "":
		return usageErrorf("--excel-safe is for CSV files, and the rows are those of --from. Leave it out")
	case o.noLookup && !o.dryRun:
		return usageErrorf("--no-lookup does not find out who exists, so that nothing can be sent. Add --dry-run, or leave it out")
	case o.dryRun && o.restart:
		return usageErrorf("--restart puts a journal aside, which a dry run does not touch. Leave one of them out")
	case o.verbose && o.json:
		return usageErrorf("--json prints one object, which has no place for what --verbose lists. Leave one of them out")
	}
	return nil
}

// tableOptions are what is said of how the file is written.
func (o *importOptions) tableOptions() (table.Options, error) {
	switch delimiter := []rune(o.delimiter); {
	case o.delimiter == "":
		return table.Options{}, nil
	case o.delimiter == "tab" || o.delimiter == `\t`:
		return table.Options{Delimiter: '\t'}, nil
	case len(delimiter) == 1 && delimiter[0] < 0x80 && !strings.ContainsRune("\"\r\n\x00", delimiter[0]):
		return table.Options{Delimiter: delimiter[0]}, nil
	default:
		return table.Options{}, usageErrorf("--delimiter is %q: must be one character, such as ; or |, or the word tab", o.delimiter)
	}
}

// mapping is what the options say about columns.
func (o *importOptions) mapping() (userimport.MappingConfig, error) {
	mapped, err := cutPairs("map", "COLUMN=FIELD", o.mapped, strings.LastIndex)
	if err != nil {
		return userimport.MappingConfig{}, err
	}
	set, err := cutPairs("set", "FIELD=VALUE", o.set, strings.Index)
	if err != nil {
		return userimport.MappingConfig{}, err
	}
	return userimport.MappingConfig{
		Identifier: userimport.Identifier(o.identifier), Map: mapped, Set: set, Ignore: o.ignore,
		Preset: o.preset, Empty: userimport.EmptyRule(o.empty), DefaultRegion: o.region,
	}, nil
}

// cutPairs cuts each text in two at the = that the function finds: columns may
// have one in their names, and values in themselves; fields have none.
func cutPairs(flag, form string, texts []string, at func(text, separator string) int) (map[string]string, error) {
	pairs := make(map[string]string, len(texts))
	for _, text := range texts {
		i := at(text, "=")
		if i < 1 {
			return nil, usageErrorf("--%s is to be of the form %s, and one has no = behind a name", flag, form)
		}
		if _, twice := pairs[text[:i]]; twice {
			return nil, usageErrorf("--%s is given twice for %q. Leave one of them out", flag, text[:i])
		}
		pairs[text[:i]] = text[i+1:]
	}
	return pairs, nil
}

// decisive are the options that decide what becomes of a row, as the journal keeps
// them: without secrets, and with fields by their own names however they were
// spelled, as what is secret is told by the name.
func (o *importOptions) decisive(mapping *userimport.MappingConfig) []string {
	options := []string{"--empty " + o.empty}
	if o.upsert {
		options = append(options, "--upsert")
	}
	if o.allowUnknown {
		options = append(options, "--allow-unknown-attributes")
	}
	if o.excelSafe {
		options = append(options, "--excel-safe")
	}
	for flag, value := range map[string]string{"preset": o.preset, "default-region": strings.ToUpper(o.region)} {
		if value != "" {
			options = append(options, "--"+flag+" "+value)
		}
	}
	for column, spelled := range mapping.Map {
		field, _ := userimport.FieldNamed(spelled)
		options = append(options, "--map "+shellQuote(column+"="+cmp.Or(field, spelled)))
	}
	for spelled, value := range mapping.Set {
		field, known := userimport.FieldNamed(spelled)
		if !known {
			field = spelled
		}
		if !known || isSecretField(field) { // nobody can say of what is unknown that it is none
			value = fmt.Sprintf("(a secret with the digest %s)", userimport.DigestOf([]byte(value)))
		}
		options = append(options, "--set "+shellQuote(field+"="+value))
	}
	for _, column := range slices.Compact(slices.Sorted(slices.Values(mapping.Ignore))) {
		options = append(options, "--ignore-column "+shellQuote(column))
	}
	slices.Sort(options)
	return options
}
