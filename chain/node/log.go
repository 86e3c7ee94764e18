package node

import (
	"log/slog"

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
