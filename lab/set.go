package lab

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// With is the scenario with one field changed. A path is written as in the file: subnet.kappa,
// validators[1].stake, miners[0].skill, miners[1].with.part. The value is read as the field needs it;
// that the whole can still be played is for Check. The scenario itself stays as it is. Another market
// comes with its default profile, another play with its default options.
func (s *Scenario) With(path, value string) (*Scenario, error) {
	out := *s
	if err := set(reflect.ValueOf(&out).Elem(), path, value); err != nil {
		return nil, err
	}
	if out.Market != s.Market {
		out.Profile = ""
	}
	return &out, nil
}

// With is the archive with one field changed, for instance subnet.kappa. Its frames stay as they are.
func (a *Archive) With(path, value string) (*Archive, error) {
	out := *a
	if err := set(reflect.ValueOf(&out).Elem(), path, value); err != nil {
		return nil, err
	}
	return &out, nil
}

// set changes the field of v that a path leads to. What v shares with others is copied on the way.
func set(v reflect.Value, path, value string) error {
	walked := ""
	for rest := path; ; {
		var name string
		name, rest, _ = strings.Cut(rest, ".")
		name, index, listed := strings.Cut(name, "[")
		field, err := fieldNamed(v, walked, name)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		walked = strings.TrimPrefix(walked+"."+name, ".")
		if listed || field.Kind() == reflect.Slice {
			if field, err = element(field, walked, index); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			walked += "[" + index
		}
		switch {
		case field.Kind() == reflect.Map:
			return setOption(field, path, rest, value)
		case field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[Range]():
			if rest == "" {
				return fmt.Errorf("%s: say which field: it has %s", path, strings.Join(fieldNames(field), ", "))
			}
			v = field
			continue
		case rest != "":
			return fmt.Errorf("%s: %s is one value, there is nothing in it", path, walked)
		}
		if g, is := v.Addr().Interface().(*Group); is && name == "play" && value != g.Play {
			g.With = nil
		}
		return assign(field, path, value)
	}
}

func fieldNamed(v reflect.Value, walked, name string) (reflect.Value, error) {
	for i := range v.NumField() {
		if fieldName(v.Type().Field(i)) == name {
			return v.Field(i), nil
		}
	}
	where := "it"
	if walked != "" {
		where = walked
	}
	return reflect.Value{}, fmt.Errorf("there is no field %q: %s has %s", name, where, strings.Join(fieldNames(v), ", "))
}

func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func fieldNames(v reflect.Value) []string {
	list := make([]string, v.NumField())
	for i := range list {
		list[i] = fieldName(v.Type().Field(i))
	}
	return list
}

// element is the entry of a list, in a list that nobody else has.
func element(list reflect.Value, walked, index string) (reflect.Value, error) {
	if list.Kind() != reflect.Slice || list.Type().Elem() != reflect.TypeFor[Group]() {
		return reflect.Value{}, fmt.Errorf("%s has no entries that can be set", walked)
	}
	last := list.Len() - 1
	i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil || !strings.HasSuffix(index, "]") || i < 0 || i > last {
		if last < 0 {
			return reflect.Value{}, fmt.Errorf("there are no %s", walked)
		}
		return reflect.Value{}, fmt.Errorf("say which of the groups: %s[0] to %s[%d]", walked, walked, last)
	}
	own := reflect.MakeSlice(list.Type(), list.Len(), list.Len())
	reflect.Copy(own, list)
	list.Set(own)
	return list.Index(i), nil
}

// setOption sets an option of a play; whether the play has it is for Check.
func setOption(field reflect.Value, path, name, value string) error {
	if name == "" {
		return fmt.Errorf("%s: say which option, for instance %s.part; `ergon lab plays` lists them", path, path)
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("%s: %q is no number", path, value)
	}
	own := maps.Clone(field.Interface().(map[string]float64))
	if own == nil {
		own = map[string]float64{}
	}
	own[name] = number
	field.Set(reflect.ValueOf(own))
	return nil
}

func assign(field reflect.Value, path, value string) error {
	switch {
	case field.Kind() == reflect.Pointer:
		own := reflect.New(field.Type().Elem())
		if err := assign(own.Elem(), path, value); err != nil {
			return err
		}
		field.Set(own)
		return nil
	case field.Type() == reflect.TypeFor[Range]():
		r, err := parseRange(value)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		field.Set(reflect.ValueOf(r))
		return nil
	case field.Kind() == reflect.String:
		field.SetString(value)
		return nil
	case field.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%s: %q is neither true nor false", path, value)
		}
		field.SetBool(b)
		return nil
	}
	number, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(number) {
		return fmt.Errorf("%s: %q is no number", path, value)
	}
	if field.CanFloat() {
		field.SetFloat(number)
		return nil
	}
	if number != math.Trunc(number) || number < 0 || number > math.MaxInt32 || field.CanUint() && field.OverflowUint(uint64(number)) {
		return fmt.Errorf("%s: %s is not a whole number that fits", path, value)
	}
	if field.CanUint() {
		field.SetUint(uint64(number))
		return nil
	}
	field.SetInt(int64(number))
	return nil
}

// parseRange reads one number, or two as [first, last].
func parseRange(value string) (Range, error) {
	inner, opened := strings.CutPrefix(value, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	var two []float64
	for part := range strings.SplitSeq(inner, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || opened != closed {
			return Range{}, fmt.Errorf("%q is no range: write one number, or [first, last]", value)
		}
		two = append(two, x)
	}
	if len(two) > 2 || (len(two) == 2) != opened {
		return Range{}, fmt.Errorf("%q is no range: write one number, or [first, last]", value)
	}
	return Range{From: two[0], To: two[len(two)-1]}, nil
}
