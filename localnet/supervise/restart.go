package supervise

import "time"

// Restart says how often a child that failed is started again. The zero value never restarts.
type Restart struct {
	Max     int           // restarts allowed within Window; one more failure and the supervisor gives up
	Window  time.Duration // zero is one minute
	First   time.Duration // pause before the first restart, doubled with each one within Window; zero is 100 ms
	Longest time.Duration // bound of the pause; zero is 5 s
}

// DefaultRestart survives an accident and an operator's mistake, and does not hide a child that cannot work.
var DefaultRestart = Restart{Max: 5}

// next returns the restarts that still count at now, the pause before the next one and whether there may be one.
func (r Restart) next(recent []time.Time, now time.Time) (kept []time.Time, delay time.Duration, ok bool) {
	from := now.Add(-orElse(r.Window, time.Minute))
	for _, at := range recent {
		if at.After(from) {
			kept = append(kept, at)
		}
	}
	if len(kept) >= r.Max {
		return kept, 0, false
	}
	delay = orElse(r.First, 100*time.Millisecond)
	longest := orElse(r.Longest, 5*time.Second)
	for range kept {
		if delay *= 2; delay >= longest {
			return kept, longest, true
		}
	}
	return kept, delay, true
}

func orElse(d, instead time.Duration) time.Duration {
	if d == 0 {
		return instead
	}
	return d
}
