package page

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/lab/report"
	"github.com/ergon-network/ergon/lab/scenarios"
)

// report answers a form with a report: of a scenario that ships, or of an archive.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	done, err := take(s.plays)
	if err != nil {
		s.fail(w, err)
		return
	}
	defer done()
	if err := r.ParseForm(); err != nil {
		s.fail(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), playTime)
	defer cancel()
	out, err := played(ctx, r)
	if err != nil {
		s.fail(w, err)
		return
	}
	var page strings.Builder // whole or not at all
	if err := out.Write(&page); err != nil {
		s.log.Error("cannot write a report", "err", err)
		s.fail(w, &problem{http.StatusInternalServerError, "the report cannot be written"})
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", reportPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if r.PostForm.Get("download") != "" {
		h.Set("Content-Disposition", `attachment; filename="report.html"`)
	}
	w.Write([]byte(page.String()))
}

// played makes the report that a form asks for.
func played(ctx context.Context, r *http.Request) (*report.Report, error) {
	form := r.PostForm
	if text := form.Get("archive"); text != "" {
		a, err := decode([]byte(text))
		if err != nil {
			return nil, err
		}
		return report.Replay(ctx, a)
	}
	s, err := scenarios.Named(form.Get("scenario"))
	if err != nil {
		return nil, err
	}
	seed, err := strconv.ParseUint(form.Get("seed"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("seed %.30q is no number: give one of 0 and up", form.Get("seed"))
	}
	command := "ergon lab report " + form.Get("scenario")
	if p := form.Get("profile"); p != "" {
		s.Profile = p
		command += " --profile " + p
	}
	if err := bounded(s); err != nil {
		return nil, err
	}
	out, err := report.Play(ctx, s, seed, report.DefaultSeeds)
	if err != nil {
		return nil, err
	}
	out.Command = fmt.Sprintf("%s --seed %d", command, seed)
	return out, nil
}

// bounded checks a scenario, which must be one to play while somebody waits.
func bounded(s *lab.Scenario) error {
	if s.Epochs > MaxEpochs {
		return fmt.Errorf("the scenario has %d epochs: the page takes at most %d; `ergon lab report` takes more", s.Epochs, MaxEpochs)
	}
	return s.Check()
}
