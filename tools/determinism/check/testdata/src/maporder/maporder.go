package maporder

import (
	"maps"
	"reflect"
	"slices"
	"sync"
)

type table map[string]int

func ranges(m map[string]int, named table, list []int, ch chan int) (n int) {
	for range m { // want `map order: range over a map`
		n++
	}
	for _, v := range named { // want `map order: range over a map`
		n += v
	}
	for _, v := range list {
		n += v
	}
	for i := range 3 {
		n += i
	}
	for v := range ch {
		n += v
	}
	return n + m["x"] + len(m)
}

func excused(m map[string]int) (n int) {
	//ergon:unordered counts entries; addition commutes
	for range m {
		n++
	}
	for range m { //ergon:unordered the same, on its line
		n++
	}
	/* want `map order: //ergon:unordered needs a reason` */ //ergon:unordered
	for range m {                                            // want `map order: range over a map`
		n++
	}
	for range m { //ergon:unordered speaks for its own line only
		for range m { // want `map order: range over a map`
			n++
		}
	}
	//ergon:unorderedly is another word
	for range m { // want `map order: range over a map`
		n++
	}
	/* want `map order: //ergon:unordered excuses nothing here` */ //ergon:unordered a list has its order
	for range []int{1} {
		n++
	}
	return n
}

func iterators(m map[string]int, s *sync.Map, v reflect.Value) []string {
	for k := range maps.Keys(m) { // want `map order: maps.Keys yields entries in no fixed order`
		_ = k
	}
	_ = slices.Collect(maps.Values(m)) // want `map order: maps.Values yields`
	f := maps.All[map[string]int]      // want `map order: maps.All yields`
	_ = f
	s.Range(func(k, v any) bool { return true }) // want `map order: sync.Range yields`
	_ = v.MapKeys()                              // want `map order: reflect.MapKeys yields`
	_ = maps.Clone(m)
	_ = slices.SortedFunc(maps.Values(m), func(a, b int) int { return a - b })
	return slices.Sorted(maps.Keys(m))
}

func generic[M ~map[K]V, K comparable, V any](m M) (n int) {
	for range m { // want `map order: range over a map`
		n++
	}
	return n
}

func slice[S ~[]E, E any](s S) (n int) {
	for range s {
		n++
	}
	return n
}
