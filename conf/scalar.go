package conf

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
)

// scalar puts a value that is neither list nor table into v, and says whether it fits.
func (d *decoder) scalar(value any, v reflect.Value, f field, path string) bool {
	if text, ok := value.(string); ok && !f.template {
		out, msg, hint := expand(text, d.env)
		if msg != "" {
			d.fault(path, msg, hint)
			return false
		}
		if out != text && d.expanded != nil {
			d.expanded[out] = text
		}
		value = out
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return d.duration(value, v, path)
	case v.Type() == reflect.TypeFor[aggregate.Window]():
		return d.window(value, v.Addr().Interface().(*aggregate.Window), path)
	case v.Type() == reflect.TypeFor[Share]():
		return d.share(value, v.Addr().Interface().(*Share), path)
	case f.bytes:
		return d.size(value, v, path)
	}
	switch v.Kind() {
	case reflect.String:
		text, ok := value.(string)
		if !ok {
			d.fault(path, mustBe("text", value), "")
			return false
		}
		if !d.allowed(text, f, path) {
			return false
		}
		v.SetString(text)
		return true
	case reflect.Bool:
		b, ok := value.(bool)
		if !ok {
			d.fault(path, mustBe("true or false", value), "")
			return false
		}
		v.SetBool(b)
		return true
	case reflect.Int:
		n, ok := value.(int64)
		if !ok {
			d.fault(path, mustBe("a whole number", value), "")
			return false
		}
		v.SetInt(n)
		return true
	case reflect.Float64:
		switch n := value.(type) {
		case float64:
			v.SetFloat(n)
		case int64:
			v.SetFloat(float64(n))
		default:
			d.fault(path, mustBe("a number", value), "")
			return false
		}
		return true
	}
	panic("bug: the key " + path + " has a type that no value can be read into")
}

// allowed holds text against the values that f may have.
func (d *decoder) allowed(text string, f field, path string) bool {
	switch {
	case f.enum == nil || slices.Contains(f.enum, text):
		return true
	case valueIsLater(path, text):
		d.fault(path, notBuilt(text), "for now: "+strings.Join(f.enum, ", "))
	case len(f.enum) == 1:
		d.fault(path, fmt.Sprintf("must be %q, not %s", f.enum[0], quote(text)), "")
	default:
		known := strings.Join(f.enum, ", ")
		if f.enum[0] == "" {
			known = `""` + known
		}
		msg := fmt.Sprintf("must be one of %s, not %s", known, quote(text))
		d.fault(path, msg, didYouMean(nearest(text, f.enum)))
	}
	return false
}

func (d *decoder) duration(value any, v reflect.Value, path string) bool {
	const forms = `write it like "10s", "1m30s", "250ms", "1d" or "5 minutes"`
	text, ok := value.(string)
	if !ok {
		hint := forms
		if n, isInt := value.(int64); isInt && n >= 0 {
			hint = fmt.Sprintf(`"%ds" is seconds, "%dms" milliseconds`, n, n)
		}
		d.fault(path, mustBe("a duration", value), hint)
		return false
	}
	t, err := parseDuration(text)
	return d.number(int64(t), v, err, path, mustBe("a duration", text), forms)
}

// window reads what a window spans: a number of slices, or a duration.
func (d *decoder) window(value any, w *aggregate.Window, path string) bool {
	if n, ok := value.(int64); ok {
		if n < 1 || n > math.MaxInt32 {
			d.fault(path, fmt.Sprintf("must be at least one slice, not %d", n), "")
			return false
		}
		*w = aggregate.Window{Slices: int(n)}
		return true
	}
	var length time.Duration
	if text, ok := value.(string); !ok || !d.duration(text, reflect.ValueOf(&length).Elem(), path) {
		if !ok {
			d.fault(path, mustBe("a number of slices or a duration", value), `write 6 or "5 minutes"`)
		}
		return false
	}
	if *w = (aggregate.Window{Length: length}); length == 0 {
		d.fault(path, "must be more than 0", "")
		return false
	}
	return true
}

func (d *decoder) size(value any, v reflect.Value, path string) bool {
	const forms = `write it like "64MiB", "1GB" or, in bytes, 65536`
	n, err := sizeOf(value)
	return d.number(int64(n), v, err, path, mustBe("a size", value), forms)
}

// sizeOf reads a size.
func sizeOf(value any) (n int, err error) {
	switch x := value.(type) {
	case int64:
		if n = int(x); n < 0 {
			err = errNegative
		}
		return n, err
	case string:
		return parseSize(x)
	}
	return 0, errForm
}

// number sets v to what was read of a number with a unit, or turns err into a fault.
func (d *decoder) number(n int64, v reflect.Value, err error, path, malformed, forms string) bool {
	switch {
	case err == nil:
		v.SetInt(n)
		return true
	case errors.Is(err, errForm):
		d.fault(path, malformed, forms)
	default:
		d.fault(path, err.Error(), "")
	}
	return false
}

// mustBe says what a value should have been and what it is.
func mustBe(what string, value any) string { return "must be " + what + ", not " + describe(value) }

// describe writes a value as it stands in the file, near enough to recognise it.
func describe(value any) string {
	switch x := value.(type) {
	case string:
		return quote(x)
	case bool, int64, float64:
		return fmt.Sprint(x)
	case time.Time:
		return "a date"
	case map[string]any:
		return "a table"
	}
	return "a list"
}
