package axon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

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

// WithPriority replaces the axon's priority on this route.
func WithPriority(p Priority) RouteOption { return func(r *route) { r.priority = p } }

// WithMaxBody replaces the axon's body limit in bytes on this route.
func WithMaxBody(bytes int64) RouteOption { return func(r *route) { r.maxBody = bytes } }

type route struct {
	schema    *synapse.Schema
	prepare   func(*synapse.Message) (run, error)
	blacklist Blacklist
	priority  Priority
	maxBody   int64
}

// run is a handler bound to one decoded request.
type run func(ctx context.Context, call Call) (*synapse.Message, error)

// Handle attaches forward under T's message name, each name once. The echo, Synapse, is there from
// the start.
func Handle[T any](a *Axon, forward Forward[T], options ...RouteOption) error {
	schema, err := synapse.For[T]()
	if err != nil {
		return fmt.Errorf("attach handler: %w", err)
	}
	if len(schema.HashFields) == 0 && len(schema.Fields) > 0 {
		a.options.Log.Warn("requests of this route carry no hash over their body, so only the sender is authenticated", "route", schema.Name)
	}
	return a.attach(schema, func(m *synapse.Message) (run, error) {
		req := new(T)
		if err := m.Load(req); err != nil {
			return nil, err
		}
		return func(ctx context.Context, call Call) (*synapse.Message, error) {
			if err := forward(ctx, call, req); err != nil {
				return nil, err
			}
			return schema.Dump(req)
		}, nil
	}, options...)
}

func (a *Axon) attach(schema *synapse.Schema, prepare func(*synapse.Message) (run, error), options ...RouteOption) error {
	r := &route{schema, prepare, a.options.Blacklist, a.options.Priority, a.options.MaxBody}
	for _, o := range options {
		o(r)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.routes[schema.Name] != nil {
		return fmt.Errorf("attach handler: route %s is taken", schema.Name)
	}
	a.routes[schema.Name] = r
	a.names = append(a.names, schema.Name)
	slices.Sort(a.names)
	return nil
}

// attachEcho adds the ping every axon answers.
func (a *Axon) attachEcho() error {
	return Handle(a, func(context.Context, Call, *synapse.Echo) error { return nil })
}

// find is step 1: the first path segment names a route.
func (x *exchange) find(name string) *Error {
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
