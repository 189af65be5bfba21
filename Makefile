# `make` lists the targets. What CI runs is .ci/run, which calls them.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Tools, pinned here and nowhere else. They are built by `go run` and `go install`
# as they are needed, so that Go is all a machine must bring.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# What is given to `usersync demo`, e.g. make demo DEMO='--users 500 --dir /tmp/demo'.
DEMO ?=

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ The program

.PHONY: build
build: ## build bin/usersync, one static file
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/usersync ./cmd/usersync

.PHONY: demo
demo: ## watch the whole loop work, with no account needed
	go run ./cmd/usersync demo $(DEMO)

##@ Papers

.PHONY: docs
docs: ## write docs/reference anew, from the code
	go test -count=1 -run 'TestReference$$' ./cmd/usersync -update

.PHONY: man
man: build ## write the man pages into man/
	bin/usersync man man

##@ Checks: -count=1 runs every test anew, as a cached result says nothing of a database;
##@ -parallel=8 because many tests wait, for a database or a server that is slow on purpose

# Several packages' tests want a PostgreSQL, and go test runs them side by side.
# The package that brings it goes first: where it has to be installed, that is
# done before anything looks for it or any test's time runs.
.PHONY: postgres
postgres: ## see that the tests have a PostgreSQL, installing it where allowed
	go test -count=1 ./migrations/pgtest

.PHONY: test
test: postgres ## run the tests: under 5 minutes on 2 cores
	go test -count=1 -shuffle=on -parallel=8 -timeout 10m ./...

.PHONY: race
race: postgres ## run the tests under the race detector, which needs a C compiler
	CGO_ENABLED=1 go test -race -short -count=1 -shuffle=on -parallel=8 -timeout 20m ./...

.PHONY: vet
vet: ## run go vet
	go vet ./...

.PHONY: lint
lint: ## check style, formatting and who imports whom (.golangci.yml)
	go run $(GOLANGCI_LINT) config verify
	go run $(GOLANGCI_LINT) run

.PHONY: fmt
fmt: ## format the code as lint wants it
	go run $(GOLANGCI_LINT) fmt

.PHONY: vuln
vuln: ## look for known vulnerabilities; passes, saying so, without their database
	@.ci/vuln $(GOVULNCHECK)

.PHONY: ci
ci: ## run all that CI runs
	.ci/run

##@ Longer work: measurements and trials that take more than `make test` may

KILLS ?= 200

.PHONY: kill-test
kill-test: ## kill -9 runs at KILLS random moments, into each kind of mirror
	go test -count=1 -timeout 60m -run TestKilled$$ ./cmd/usersync -v -kills $(KILLS)

SCHEDULES ?= 50000

.PHONY: soak
soak: ## run SCHEDULES random schedules of changes against whole runs, into each mirror, and as many against sweeps
	go test -count=1 -timeout 0 -run TestCompleteSweepsMissNobody ./source -v -rapid.checks=$$(( $(SCHEDULES) / 20 ))
	go test -count=1 -timeout 0 -run Schedules ./cmd/usersync/soak -v -schedules $(SCHEDULES)

.PHONY: import-kill-test
import-kill-test: ## kill -9 imports at KILLS random moments, while POSTs are lost and jobs die
	go test -count=1 -timeout 120m -run TestImportKilledAtRandom$$ ./cmd/usersync -v -import-kills $(KILLS)

FUZZTIME ?= 60s

.PHONY: fuzz
fuzz: ## give what reads files random ones for FUZZTIME each, one after the other
	go test -run '^$$' -fuzz '^FuzzTable$$' -fuzztime $(FUZZTIME) ./source/table
	go test -run '^$$' -fuzz '^FuzzRowScanner$$' -fuzztime $(FUZZTIME) ./sync

IMPORTS ?= 20000

.PHONY: import-soak
import-soak: ## run IMPORTS random imports with random faults against a model of Authgear's rules
	go test -count=1 -timeout 0 -run TestImports$$ ./cmd/usersync/soak -v -schedules $(IMPORTS)

.PHONY: import-recorded
import-recorded: ## import 20,000 rows of a recorded export, some spoilt, mend those, and import them all again
	go test -count=1 -timeout 20m -run TestImportRecorded$$ ./cmd/usersync -v -recorded-rows 20000

.PHONY: import-memory
import-memory: ## measure the peak memory of a dry run of 5 million rows
	go test -count=1 -timeout 60m -run TestImportPeakMemory$$ ./cmd/usersync -v -dry-rows 5000000 -dry-patience 50m

.PHONY: recorded
recorded: ## sync all recorded people into each mirror, and once more
	go test -count=1 -timeout 20m -run TestRecordedProject$$ ./cmd/usersync -v -recorded-users 20651

.PHONY: export-recorded
export-recorded: ## export a recorded project in each format, and compare it with what comes back
	go test -count=1 -timeout 30m -run 'TestExportAndBack$$|TestExportHasAuthgearsForms$$' ./cmd/usersync -v -whole-export $(CURDIR)/cmd/usersync/testdata/export.ndjson.gz

.PHONY: export-memory
export-memory: ## measure the peak memory of exporting a mirror of a million users
	go test -count=1 -timeout 60m -run TestExportPeakMemory$$ ./cmd/usersync -v -export-users 1000000 -export-patience 25m

.PHONY: diff-memory
diff-memory: ## measure the peak memory of comparing a million users with as many
	go test -count=1 -timeout 60m -run TestDiffPeakMemory$$ ./cmd/usersync -v -diff-users 1000000 -diff-patience 15m

.PHONY: memory
memory: ## measure the peak memory of syncing 20,651 users into PostgreSQL
	go test -count=1 -timeout 20m -run TestPeakMemory ./cmd/usersync -v -measure

##@ Housekeeping

.PHONY: clean
clean: ## remove what the targets made
	rm -rf bin man
