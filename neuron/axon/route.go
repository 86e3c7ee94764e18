package axon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// Forward answers a request by filling its outputs in place. It must return soon after ctx ends:
// the caller has its 408 by then, but the worker stays taken. An *Error chooses the status; any
// other error is a 500 whose text stays in the log.
type Forward[T any] func(ctx context.Context, call Call, req *T) error

// RouteOption adjusts one route.
type RouteOption func(*route)

// WithBlacklist replaces the axon's blacklist on this route; nil refuses none.
func WithBlacklist(b Blacklist) RouteOption { return func(r *route) { r.blacklist = b } }

// WithVerify replaces the axon's further check of callers on this route; nil has none.
func WithVerify(v Verify) RouteOption { return func(r *route) { r.verify = v } }

// WithPriority replaces the axon's priority on this route.
func WithPriority(p Priority) RouteOption { return func(r *route) { r.priority = p } }

// WithMaxBody replaces the axon's body limit in bytes on this route.
func WithMaxBody(bytes int64) RouteOption { return func(r *route) { r.maxBody = bytes } }

// WithMaxTimeout replaces, on this route, what a caller's timeout is clamped to as a deadline: for
// answers that take long, such as streams. How old a request may be on arrival stays the axon's.
func WithMaxTimeout(limit time.Duration) RouteOption { return func(r *route) { r.maxTimeout = limit } }

type route struct {
	schema     *synapse.Schema
	stream     bool
	prepare    func(*synapse.Message) (work, error)
	verify     Verify
	blacklist  Blacklist
	priority   Priority
	maxBody    int64
	maxTimeout time.Duration
}

// work is a handler bound to one decoded request.
type work struct {
	forward func(ctx context.Context, call Call, send func([]byte) error) error
	message func() (*synapse.Message, error) // the request as the handler has filled it
}

// Handle attaches forward under T's message name, each name once. The echo, Synapse, is there from
// the start.
func Handle[T any](a *Axon, forward Forward[T], options ...RouteOption) error {
	schema, err := a.schemaFor(synapse.For[T]())
	if err != nil {
		return err
	}
	return a.attach(&route{schema: schema, prepare: func(m *synapse.Message) (work, error) {
		req := new(T)
		if err := m.Load(req); err != nil {
			return work{}, err
		}
		return work{
			forward: func(ctx context.Context, call Call, _ func([]byte) error) error { return forward(ctx, call, req) },
			message: func() (*synapse.Message, error) { return schema.Dump(req) },
		}, nil
	}}, options...)
}

// schemaFor checks a schema and says when it leaves the body unauthenticated.
func (a *Axon) schemaFor(schema *synapse.Schema, err error) (*synapse.Schema, error) {
	if err != nil {
		return nil, fmt.Errorf("attach handler: %w", err)
	}
	if len(schema.HashFields) == 0 && len(schema.Fields) > 0 {
		a.options.Log.Warn("requests of this route carry no hash over their body, so only the sender is authenticated", "route", schema.Name)
	}
	return schema, nil
}

func (a *Axon) attach(r *route, options ...RouteOption) error {
	r.verify, r.blacklist, r.priority = a.options.Verify, a.options.Blacklist, a.options.Priority
	r.maxBody, r.maxTimeout = a.options.MaxBody, a.options.MaxTimeout
	for _, o := range options {
		o(r)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	name := r.schema.Name
	if a.routes[name] != nil {
		return fmt.Errorf("attach handler: route %s is taken", name)
	}
	a.routes[name] = r
	a.names = append(a.names, name)
	slices.Sort(a.names)
	a.bodies.atLeast(r.maxBody)
	return nil
}

// attachEcho adds the ping every axon answers.
func (a *Axon) attachEcho() error {
	return Handle(a, func(context.Context, Call, *synapse.Echo) error { return nil })
}

// find is step 1: the first path segment names a route.
func (x *exchange) find(context.Context) *Error {
	name, _, _ := strings.Cut(strings.TrimPrefix(x.request.URL.Path, "/"), "/")
	x.head.Name = name
	x.axon.mu.RLock()
	defer x.axon.mu.RUnlock()
	x.route = x.axon.routes[name]
	if x.route == nil {
		return &Error{Status: 404, Message: fmt.Sprintf("Synapse name '%.64s' not found. Available synapses %s", synapse.PrintableASCII(name), quoted(x.axon.names))}
	}
	if m := x.request.Method; m != http.MethodPost && m != http.MethodGet {
		return &Error{Status: 405, Message: "Method Not Allowed"}
	}
	return nil
}

// quoted lists names as a Python list.
func quoted(names []string) string {
	items := make([]any, len(names))
	for i, n := range names {
		items[i] = n
	}
	return synapse.PyStr(items)
}

// asError maps what a handler returned.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Status: 500, Err: err}
}
