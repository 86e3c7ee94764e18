package video

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ergon-network/ergon/scoredb"
)

// Source is where scores and their files are read from: OpenAPI or OpenDir.
type Source interface {
	// Report returns a score and what stands behind it.
	Report(ctx context.Context, id int64) (Report, error)
	// File copies one of a score's files (reference, input, result) to path.
	File(ctx context.Context, id int64, name, path string) error
	// Scores lists rows, newest first.
	Scores(ctx context.Context, q scoredb.Query) ([]scoredb.Score, error)
	Close() error
}

// dirSource reads a validator's own folder; nothing is secret there.
type dirSource struct {
	db    scoredb.Store
	files files
}

// OpenDir opens the folder of a validator on this machine, running or not.
func OpenDir(ctx context.Context, dir string) (Source, error) {
	path := filepath.Join(dir, databaseName)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s is no folder of a video validator: %w", dir, err)
	}
	db, err := scoredb.Open(ctx, "sqlite:"+path, scoredb.Options{})
	if err != nil {
		return nil, err
	}
	return &dirSource{db, files{dir}}, nil
}

func (d *dirSource) Close() error { return d.db.Close() }

func (d *dirSource) Scores(ctx context.Context, q scoredb.Query) ([]scoredb.Score, error) {
	return d.db.Scores(ctx, q)
}

func (d *dirSource) Report(ctx context.Context, id int64) (rep Report, err error) {
	if rep.Score, err = d.db.Score(ctx, id); err != nil {
		return rep, err
	}
	var paths map[string]string
	if rep.Evidence, paths, err = d.files.behind(rep.Score); err != nil {
		return rep, err
	}
	for name := range paths {
		rep.Files = append(rep.Files, name)
	}
	return rep, nil
}

func (d *dirSource) File(ctx context.Context, id int64, name, path string) error {
	s, err := d.db.Score(ctx, id)
	if err != nil {
		return err
	}
	_, paths, err := d.files.behind(s)
	if err != nil {
		return err
	}
	if paths[name] == "" {
		return fmt.Errorf("%s of score %d: %w", name, id, os.ErrNotExist)
	}
	raw, err := os.ReadFile(paths[name])
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// apiSource reads a validator's API.
type apiSource struct {
	base   string
	client *http.Client
}

// OpenAPI reads from the API of a validator: host:port or an http or https URL.
func OpenAPI(address string) (Source, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("address %.100q of a validator: want host:port or a URL", address)
	}
	return &apiSource{strings.TrimSuffix(address, "/"), &http.Client{Timeout: 2 * time.Minute}}, nil
}

func (a *apiSource) Close() error {
	a.client.CloseIdleConnections()
	return nil
}

// get reads a path of the API into w, at most limit bytes.
func (a *apiSource) get(ctx context.Context, path string, w io.Writer, limit int64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return err
	}
	res, err := a.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the validator: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var said struct{ Message string }
		_ = json.NewDecoder(io.LimitReader(res.Body, 4096)).Decode(&said)
		return fmt.Errorf("ask the validator for %s: %s %.300s", path, res.Status, said.Message)
	}
	n, err := io.Copy(w, io.LimitReader(res.Body, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("%s of the validator is larger than %d bytes", path, limit)
	}
	return err
}

func (a *apiSource) json(ctx context.Context, path string, v any) error {
	var text strings.Builder
	if err := a.get(ctx, path, &text, 2*maxEvidence); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text.String()), v)
}

func (a *apiSource) Report(ctx context.Context, id int64) (rep Report, err error) {
	err = a.json(ctx, "/scores/"+strconv.FormatInt(id, 10), &rep)
	if err == nil && rep.Score.ID != id {
		err = errors.New("the validator sent another score than the one asked for")
	}
	return rep, err
}

func (a *apiSource) File(ctx context.Context, id int64, name, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = a.get(ctx, "/scores/"+strconv.FormatInt(id, 10)+"/"+name, f, maxInputBytes)
	return errors.Join(err, f.Close())
}

func (a *apiSource) Scores(ctx context.Context, q scoredb.Query) (rows []scoredb.Score, err error) {
	form := url.Values{}
	if q.UID != nil {
		form.Set("uid", strconv.Itoa(*q.UID))
	}
	if q.Limit > 0 {
		form.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Kind != "" {
		form.Set("kind", q.Kind)
	}
	if q.Before > 0 {
		form.Set("before", strconv.FormatInt(q.Before, 10))
	}
	return rows, a.json(ctx, "/scores?"+form.Encode(), &rows)
}
