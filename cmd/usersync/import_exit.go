package main

import (
	"errors"

	"usersync/sink/importer"
	"usersync/sync/userimport"
)

// importExitCode is the exit code of the errors that only imports have.
func importExitCode(err error) (code int, is bool) {
	switch {
	case isError[*userimport.MappingError](err), isError[*userimport.TableError](err):
		return exitUsage, true // for the person with the file to put right
	case isError[*userimport.RefusedError](err), isError[*importer.OtherImportError](err),
		isError[*importer.FirstJobError](err), isError[*importer.LoginIDError](err):
		return exitRefused, true
	case isError[*userimport.QuotaError](err), isError[*importer.StandstillError](err):
		return exitTemporary, true
	default:
		return 0, false
	}
}

func isError[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}
