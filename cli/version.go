package cli

import (
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/node"
	"github.com/ergon-network/ergon/internal/scaffold"
)

// version says what was built. Fields are empty where the build did not record them.
type version struct {
	Version  string `json:"version"`
	Program  string `json:"program,omitempty"` // the module of a program with markets of its own; what follows is its
	Revision string `json:"revision"`
	Time     string `json:"time"`
	Modified bool   `json:"modified"` // the working tree had uncommitted changes
	Go       string `json:"go"`
	Format   string `json:"ledger_format"`
}

func newVersionCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show what this program was built from", Args: cobra.NoArgs,
		Example: "  ergon version\n  ergon version --json",
		RunE: func(*cobra.Command, []string) error {
			v := readVersion(debug.ReadBuildInfo())
			return e.print(v, func(w io.Writer) {
				pairs(w, "ergon", v.Version, "program", fallback(v.Program, "ergon"), "revision", fallback(v.Revision, "not recorded"), "of", fallback(v.Time, "not recorded"),
					"modified", yesno(v.Modified), "built with", v.Go, "ledger format", v.Format)
			})
		},
	}
}

func readVersion(info *debug.BuildInfo, ok bool) version {
	v := version{Version: "unknown", Format: node.Format}
	if !ok {
		return v
	}
	v.Version, v.Go = info.Main.Version, info.GoVersion
	for _, m := range info.Deps {
		if m.Path == scaffold.Path { // the program is a market's own
			v.Version, v.Program = m.Version, info.Main.Path
		}
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
