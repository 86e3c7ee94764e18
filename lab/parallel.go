package lab

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// parallel does n independent pieces of work on all processors and returns the error of the lowest
// piece that failed.
func parallel(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next, errs := make(chan int), make([]error, n)
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		done.Add(1)
		go func() {
			defer done.Done()
			for i := range next {
				if errs[i] = work(ctx, i); errs[i] != nil {
					cancel()
				}
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	done.Wait()
	return firstOwn(errs)
}

// tally counts pieces of work that are done side by side, and tells somebody how far they are, one call at
// a time.
type tally struct {
	mu       sync.Mutex
	done, of int
	tell     func(done, of int) // nil: nobody asks
}

func (t *tally) one() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done++; t.tell != nil {
		t.tell(t.done, t.of)
	}
}

// firstOwn is the first error that is not only the echo of another one's cancelling.
func firstOwn(errs []error) error {
	var echo error
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			echo = err
		}
	}
	return echo
}
