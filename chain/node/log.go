package node

import (
	"context"
	"log/slog"

	"cosmossdk.io/log/v2"
	cmtlog "github.com/cometbft/cometbft/libs/log"
)

// cometLogger lets the engine log through slog. Its info level is one line per consensus step,
// which nobody reads: it becomes debug.
type cometLogger struct{ *slog.Logger }

var _ cmtlog.Logger = cometLogger{}

func (l cometLogger) Debug(msg string, kv ...any) {}
func (l cometLogger) Info(msg string, kv ...any)  { l.Logger.Debug(msg, kv...) }
func (l cometLogger) Error(msg string, kv ...any) { l.Logger.Warn(msg, kv...) }
func (l cometLogger) With(kv ...any) cmtlog.Logger {
	return cometLogger{l.Logger.With(kv...)}
}

// appLogger lets the state machine log through slog. What an operator must know is at its error
// level (a producer was removed); what the SDK finds worth an info line, nobody reads.
func appLogger(l *slog.Logger) log.Logger { return sdkLogger{l} }

type sdkLogger struct{ l *slog.Logger }

func (s sdkLogger) Debug(string, ...any)                                  {}
func (s sdkLogger) Info(string, ...any)                                   {}
func (s sdkLogger) Warn(msg string, kv ...any)                            { s.l.Debug(msg, kv...) }
func (s sdkLogger) Error(msg string, kv ...any)                           { s.l.Warn(msg, kv...) }
func (s sdkLogger) With(kv ...any) log.Logger                             { return sdkLogger{s.l.With(kv...)} }
func (s sdkLogger) Impl() any                                             { return s.l }
func (s sdkLogger) DebugContext(context.Context, string, ...any)          {}
func (s sdkLogger) InfoContext(context.Context, string, ...any)           {}
func (s sdkLogger) WarnContext(_ context.Context, msg string, kv ...any)  { s.Warn(msg, kv...) }
func (s sdkLogger) ErrorContext(_ context.Context, msg string, kv ...any) { s.Error(msg, kv...) }
