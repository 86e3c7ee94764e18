package solver

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/consensus/pow"
)

func fixed(t Task) func(context.Context) (Task, error) {
	return func(context.Context) (Task, error) { return t, nil }
}

func TestSolveFindsWorkOnEveryCore(t *testing.T) {
	for _, processors := range []int{0, 1, 3} {
		task := Task{Block: 7, Puzzle: pow.Puzzle{1}, Difficulty: 5000}
		found, err := Solve(t.Context(), fixed(task), Options{Processors: processors})
		require.NoError(t, err)
		require.Equal(t, task, found.Task)
		require.Equal(t, task.Puzzle.Seal(found.Nonce), found.Seal)
		require.True(t, pow.Meets(found.Seal, task.Difficulty))
	}
}

// A newer block takes over at once: the first task could never be solved.
func TestSolveChangesOverToANewerBlock(t *testing.T) {
	var asked atomic.Int32
	source := func(context.Context) (Task, error) {
		if asked.Add(1) < 3 {
			return Task{Block: 1, Puzzle: pow.Puzzle{1}, Difficulty: math.MaxUint64}, nil
		}
		return Task{Block: 2, Puzzle: pow.Puzzle{2}, Difficulty: 10}, nil
	}
	found, err := Solve(t.Context(), source, Options{Every: time.Millisecond})
	require.NoError(t, err)
	require.EqualValues(t, 2, found.Block)
	require.Equal(t, pow.Puzzle{2}.Seal(found.Nonce), found.Seal)
}

func TestSolveEndsWithItsContextAndItsSource(t *testing.T) {
	hopeless := Task{Difficulty: math.MaxUint64}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last Progress
	_, err := Solve(ctx, fixed(hopeless), Options{Every: time.Millisecond, Progress: func(p Progress) {
		if last = p; p.Tries > 0 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Positive(t, last.Tries)
	require.Positive(t, last.Rate)
	require.Greater(t, last.ETA, 24*time.Hour)
	require.Positive(t, last.Elapsed)

	broken := errors.New("gone")
	_, err = Solve(t.Context(), func(context.Context) (Task, error) { return Task{}, broken }, Options{})
	require.ErrorIs(t, err, broken)
	calls := 0
	_, err = Solve(t.Context(), func(context.Context) (Task, error) {
		if calls++; calls > 1 {
			return Task{}, broken
		}
		return hopeless, nil
	}, Options{Every: time.Millisecond})
	require.ErrorIs(t, err, broken)
}

func TestETAIsDifficultyOverRate(t *testing.T) {
	s := &search{}
	s.tries.Store(1000)
	p := s.progress(Task{Difficulty: 5000}, time.Second)
	require.InDelta(t, 1000, p.Rate, 0.001)
	require.Equal(t, 5*time.Second, p.ETA)
	require.Positive(t, s.progress(Task{Difficulty: math.MaxUint64}, time.Hour).ETA, "centuries do not overflow")
	require.Zero(t, (&search{}).progress(Task{Difficulty: 1}, time.Second).ETA, "unknown before the first try")
}

func BenchmarkSolve(b *testing.B) {
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Second)
	defer cancel()
	var last Progress
	_, _ = Solve(ctx, fixed(Task{Difficulty: math.MaxUint64}), Options{Progress: func(p Progress) { last = p }})
	for b.Loop() {
	}
	b.ReportMetric(last.Rate, "tries/s")
}
