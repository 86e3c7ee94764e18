package cli

import (
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/node"
)

// version says what was built. Fields are empty where the build did not record them.
type version struct {
	Version  string `json:"version"`
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
				pairs(w, "ergon", v.Version, "revision", fallback(v.Revision, "not recorded"), "of", fallback(v.Time, "not recorded"),
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
