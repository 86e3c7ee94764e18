// Package report writes what happened in a run of the laboratory as one HTML file that needs nothing
// else: no network, no script for the first view, and the same bytes for the same scenario and seed.
package report

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/ergon-network/ergon/internal/webpage"
	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/chart"
)

// DefaultSeeds is how many worlds a verdict on an attack rests on unless told otherwise: few, as `ergon
// lab table` is for the exact figure.
const DefaultSeeds = 5

// Report is a run that is ready to be written.
type Report struct {
	Title, About string
	Command      string // that makes this report again; empty: none is shown
	scenario     *lab.Scenario
	archive      *lab.Archive
	subnet       lab.Subnet
	result       *lab.Result
	seen         *recorder
	groups       []group
	sound        *lab.Soundness // nil without an attack
	duel         *duel
}

// Play plays a scenario once for the charts and, where it holds an attack, from as many other seeds as
// told for the verdict.
func Play(ctx context.Context, s *lab.Scenario, seed uint64, seeds int) (*Report, error) {
	glance, err := lab.Cast(s)
	if err != nil {
		return nil, err
	}
	r := &Report{Title: s.Name, About: s.About, scenario: s, subnet: s.Subnet, seen: newRecorder(glance, s.Epochs)}
	if r.result, err = lab.Follow(ctx, s, seed, r.seen.watch); err != nil {
		return nil, err
	}
	r.groups = groupsOf(r.result)
	if !s.Attack() {
		return r, nil
	}
	row, err := lab.Sound(ctx, s, seed, seeds)
	if err != nil {
		return nil, err
	}
	honest, err := lab.Run(ctx, s.Twin(), seed)
	if err != nil {
		return nil, err
	}
	r.sound, r.duel = &row, newDuel(r.result, honest, r.seen.buckets)
	return r, nil
}

// Replay settles an archive.
func Replay(ctx context.Context, a *lab.Archive) (*Report, error) {
	first := *a
	first.Epochs = 1
	glance, err := lab.Replay(ctx, &first, nil)
	if err != nil {
		return nil, err
	}
	r := &Report{Title: a.Name, archive: a, subnet: a.Subnet, seen: newRecorder(glance, a.Length())}
	if r.Title == "" {
		r.Title = "Archive"
	}
	if r.result, err = lab.Replay(ctx, a, r.seen.watch); err != nil {
		return nil, err
	}
	r.groups = groupsOf(r.result)
	return r, nil
}

//go:embed report.html report.css
var files embed.FS

var page = template.Must(template.ParseFS(files, "report.html"))

// asset is a file of the program.
func asset(name string) string {
	raw, err := files.ReadFile(name)
	if err != nil {
		panic(err) // part of the program
	}
	return string(raw)
}

// Style and Script are what is between the report's style and script tags, for a content policy that
// names them.
var (
	Style  = "\n" + webpage.Base + chart.Style + asset("report.css")
	Script = "\n" + chart.Script
)

// Write writes the report.
func (r *Report) Write(w io.Writer) error {
	if err := page.Execute(w, r.view()); err != nil {
		return fmt.Errorf("write the report of %q: %w", r.Title, err)
	}
	return nil
}

// Sound is what the verdict rests on; nil without an attack.
func (r *Report) Sound() *lab.Soundness { return r.sound }
