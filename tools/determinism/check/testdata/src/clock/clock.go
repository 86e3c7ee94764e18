package clock

import (
	"context"
	"time"
)

type clock interface{ Now() time.Time }

const tick = 12 * time.Second

func reads(ctx context.Context, c clock, at time.Time) time.Duration {
	start := time.Now() // want `clock: time.Now differs between machines`
	now := time.Now     // want `clock: time.Now`
	_ = now
	time.Sleep(tick)                      // want `clock: time.Sleep`
	<-time.After(tick)                    // want `clock: time.After`
	_ = time.NewTimer(tick)               // want `clock: time.NewTimer`
	_ = time.NewTicker(tick)              // want `clock: time.NewTicker`
	_ = at.Local()                        // want `clock: time.Local`
	_ = at.In(time.Local)                 // want `clock: time.Local`
	_, _ = context.WithTimeout(ctx, tick) // want `clock: context.WithTimeout`
	_ = time.Until(at)                    // want `clock: time.Until`
	_ = c.Now().Add(tick).UTC()           // an injected clock is the caller's matter
	_ = at.Unix()
	return time.Since(start) // want `clock: time.Since`
}
