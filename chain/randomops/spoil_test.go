package randomops

import (
	"math"
	"reflect"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// spoil changes one field of a message to something extreme, foreign or malformed. The signer's
// field stays: the signature must be valid for the ledger to look at the rest.
func spoil(s *scene, msg sdk.Msg, signer string) {
	v := reflect.ValueOf(msg).Elem()
	var fields []reflect.Value
	leaves(v, &fields)
	for range 8 {
		if len(fields) == 0 {
			return
		}
		f := pick(s, fields)
		if f.Kind() == reflect.String && f.String() == signer {
			continue
		}
		spoilField(s, f)
		return
	}
}

// leaves collects the settable fields that hold values, inside nested messages too.
func leaves(v reflect.Value, into *[]reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				leaves(v.Field(i), into)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			leaves(v.Elem(), into)
		}
	case reflect.Bool, reflect.String, reflect.Slice,
		reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		*into = append(*into, v)
	}
}

func spoilField(s *scene, f reflect.Value) {
	switch f.Kind() {
	case reflect.Bool:
		f.SetBool(!f.Bool())
	case reflect.String:
		f.SetString(pick(s, []string{"", "5", "x\x00", pick(s, s.cold).Address(), pick(s, s.hot).Address(), "-1", "99999999999999999999"}))
	case reflect.Uint32:
		f.SetUint(uint64(pick(s, []uint32{0, 1, 255, 65535, 65536, math.MaxUint32, s.r.Uint32()})))
	case reflect.Uint64:
		f.SetUint(pick(s, []uint64{0, 1, 1 << 32, math.MaxInt64, math.MaxUint64, s.r.Uint64()}))
	case reflect.Int32, reflect.Int64:
		f.SetInt(pick(s, []int64{0, -1, 1, math.MaxInt32, math.MinInt32}))
	case reflect.Slice:
		spoilSlice(s, f)
	}
}

// spoilSlice shortens, doubles or empties a list.
func spoilSlice(s *scene, f reflect.Value) {
	n := f.Len()
	switch {
	case n == 0 || s.chance(3):
		f.Set(reflect.Zero(f.Type()))
	case s.chance(2):
		f.Set(f.Slice(0, n-1))
	default:
		f.Set(reflect.AppendSlice(reflect.AppendSlice(reflect.MakeSlice(f.Type(), 0, 2*n), f), f))
	}
}
