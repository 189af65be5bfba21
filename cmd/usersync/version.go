package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set when a release is linked: -ldflags "-X main.version=1.2.3".
var version string

// programVersion is the version that was linked in, or the module's, or dev.
func programVersion() string {
	if version != "" {
		return version
	}
	info, known := debug.ReadBuildInfo()
	if !known || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}

// commit is what the program was built from; none where the build did not know.
func commit() string {
	info, known := debug.ReadBuildInfo()
	if !known {
		return ""
	}
	revision, modified := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			modified = "+changes"
		}
	}
	return revision + modified
}

func (a *app) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show which release this is",
		Long:  "Show the version of usersync, the Go release it was built with, and the commit.",
	}
	return a.command(cmd, func(*cobra.Command) error {
		text := fmt.Sprintf("usersync %s\nbuilt with %s for %s/%s\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		if built := commit(); built != "" {
			text += "from commit " + built + "\n"
		}
		return a.print(text)
	})
}
