package mmstats

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A wanted field is one of testdata/expected.json, which says what the original program wrote or would read.
type wanted struct {
	Offset      int
	Label       string
	LabelLen    int `json:"label_len"`
	Type        string
	WriteBuffer uint8  `json:"write_buffer"`
	FloatBits   string `json:"float_bits_hex"`
	Decimal     bool   `json:"value_is_decimal_string"`
	Value       any
	Note        string `json:"label_note"`
}

// TestDecode reads the files that the original wrote, odd ones and damaged ones.
func TestDecode(t *testing.T) {
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected struct {
		Files map[string]struct {
			Error  *string
			Fields []wanted
		}
	}
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected.Files) == 0 {
		t.Fatal("no files")
	}
	for name, file := range expected.Files {
		fields, err := ReadFile(filepath.Join("testdata", name))
		said, want := "", ""
		if err != nil {
			said = err.Error()
		}
		if file.Error != nil {
			want = *file.Error
		}
		if said != want {
			t.Errorf("%s: error %q, want %q", name, said, want)
		}
		if len(fields) != len(file.Fields) {
			t.Errorf("%s: %d fields, want %d", name, len(fields), len(file.Fields))
			continue
		}
		for i, w := range file.Fields {
			w.hold(t, name, fields[i])
		}
	}
}

func (w wanted) hold(t *testing.T, file string, f Field) {
	t.Helper()
	label := w.Label
	if w.Note != "" {
		label = strings.Repeat("p", w.LabelLen)
	}
	if f.Offset != w.Offset || f.Label != label || f.LabelSize != w.LabelLen || f.Type != w.Type || f.WriteBuffer != w.WriteBuffer || f.Torn {
		t.Errorf("%s: %+v, want %+v", file, f, w)
	}
	var ok bool
	switch v := f.Value.(type) {
	case float64:
		bits, err := strconv.ParseUint(w.FloatBits, 16, 64)
		ok = err == nil && bits == math.Float64bits(v)
	case int64:
		ok = w.number() == strconv.FormatInt(v, 10)
	case uint64:
		ok = w.number() == strconv.FormatUint(v, 10)
	default:
		ok = v == w.Value
	}
	if !ok {
		t.Errorf("%s: %s is %v (%T), want %v", file, f.Label, f.Value, f.Value, w.Value)
	}
}

// number returns an integer's digits.
func (w wanted) number() string {
	switch v := w.Value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// record returns the bytes of a record.
func record(label, kind string, rest ...byte) []byte {
	b := append([]byte{byte(len(label)), byte(len(label) >> 8)}, label...)
	b = append(b, byte(len(kind)), byte(len(kind)>>8))
	return append(append(b, kind...), rest...)
}

// TestDamage names each kind of damage and its place.
func TestDamage(t *testing.T) {
	good := append([]byte{1}, record("ok", "H", 255, 7, 0)...)
	at := len(good)
	f := func(rest []byte, want string) {
		t.Helper()
		fields, err := Decode(append(bytes.Clone(good), rest...))
		if len(fields) != 1 || fields[0].Value != uint64(7) {
			t.Errorf("%q: %+v", rest, fields)
		}
		if want = strings.ReplaceAll(want, "AT", strconv.Itoa(at)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", rest, err, want)
		}
	}
	f([]byte{9}, "truncated label size at offset AT")
	f([]byte{9, 0, 'x'}, "truncated label in field at offset AT")
	f([]byte{1, 0, 'x', 1}, "truncated type size in field at offset AT")
	f([]byte{1, 0, 'x', 2, 0, 'Q'}, "truncated type in field at offset AT")
	f(record("x", "Q"), "truncated write_buffer in field at offset AT")
	f(record("x", "Q", 255, 1, 2, 3), "truncated value in field at offset AT")
	f(record("x", "H", 0, 1, 2, 3), "truncated value in field at offset AT")
	f(record("x", "H", 2, 1, 2, 3, 4), "bad write_buffer 2 in field at offset AT")
	f(record("x", "Z", 255, 1), "unknown type 'Z' in field at offset AT")
	f(record("x", "12", 255, 1), "unknown type '12' in field at offset AT")
	f(record("x", "", 255, 1), "no type in field at offset AT")
	f(record("x", "99999999999s", 255, 1), "unknown type '99999999999s' in field at offset AT")
	f(record("x", "4000000000s", 255, 1), "unknown type '4000000000s' in field at offset AT")
}

// TestTypes decodes what Python's struct packs. Each value was made by struct.pack(type, ...).
func TestTypes(t *testing.T) {
	f := func(kind, packed string, want any) {
		t.Helper()
		fields, err := Decode(append([]byte{1}, record("x", kind, append([]byte{255}, packed...)...)...))
		if err != nil || len(fields) != 1 || fields[0].Value != want {
			t.Errorf("%q: %+v, %v, want %v", kind, fields, err, want)
		}
	}
	f("b", "\xff", int64(-1))
	f("B", "\xff", uint64(255))
	f("c", "z", "z")
	f("?", "\x02", true)
	f(">H", "\x01\x02", uint64(0x102))
	f("!i", "\xff\xff\xff\xfe", int64(-2))
	f("<q", "\xfe\xff\xff\xff\xff\xff\xff\xff", int64(-2))
	f("=l", "\xfe\xff\xff\xff", int64(-2))
	f("l", "\xfe\xff\xff\xff\xff\xff\xff\xff", int64(-2))
	f("@P", "\x05\x00\x00\x00\x00\x00\x00\x00", uint64(5))
	f("n", "\xfb\xff\xff\xff\xff\xff\xff\xff", int64(-5))
	f("N", "\x05\x00\x00\x00\x00\x00\x00\x00", uint64(5))
	f("2I", "\x05\x00\x00\x00\x06\x00\x00\x00", uint64(5))
	f("xxB", "\x00\x00\x05", uint64(5))
	f("bI", "\x07\x00\x00\x00\x05\x00\x00\x00", int64(7)) // with C's padding
	f("=bI", "\x07\x05\x00\x00\x00", int64(7))
	f("0Ih", "\x07\x00", int64(7))
	f("x", "\x00", nil)
	f("4p", "\x02ab!", "ab")
	f("0s", "", "")
	f("3s", "a\x00b", "a")
	f("4s", "a\xffbc", "abc")
	f(">d", "\x3f\xf8\x00\x00\x00\x00\x00\x00", 1.5)
	f("<f", "\x00\x00\xc0\x3f", 1.5)
}

// TestTail ends a file in each way that is no damage.
func TestTail(t *testing.T) {
	one := append([]byte{1}, record("ok", "H", 255, 7, 0)...)
	for _, rest := range []string{"", "\x00", "\x00\x00", "\x00\x00garbage"} {
		if fields, err := Decode(append(bytes.Clone(one), rest...)); err != nil || len(fields) != 1 {
			t.Errorf("%q: %+v, %v", rest, fields, err)
		}
	}
	twice := append(bytes.Clone(one), one[1:]...)
	if fields, err := Decode(twice); err != nil || len(fields) != 2 {
		t.Errorf("a label that is there twice: %+v, %v", fields, err)
	}
}

// FuzzDecode finds what each record says by reading the file backwards from its fields: whatever Decode returns lies one after
// another, and a file of just these records reads the same.
func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.mmstats")
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Add(append([]byte{1}, record("x", "2I", 1, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, err := Decode(b)
		end := 1
		for _, field := range fields {
			if field.Offset != end || field.LabelSize == 0 || field.Torn {
				t.Fatalf("%+v begins at %d", field, end)
			}
			l, wrong := parseLayout(field.Type)
			if wrong != nil {
				t.Fatalf("%+v: %v", field, wrong)
			}
			values := 2
			if field.WriteBuffer == single {
				values = 1
			}
			end += 2 + field.LabelSize + 2 + len(field.Type) + 1 + values*l.size
		}
		if len(b) == 0 || b[0] != 1 {
			if err == nil || fields != nil {
				t.Fatalf("%+v, %v", fields, err)
			}
			return
		}
		again, wrong := Decode(append(bytes.Clone(b[:end]), 0, 0))
		if wrong != nil || len(again) != len(fields) {
			t.Fatalf("%d fields, again %d: %v", len(fields), len(again), wrong)
		}
		if err == nil && end < len(b)-1 && (b[end] != 0 || b[end+1] != 0) {
			t.Fatalf("no error, and %d bytes are left at %d", len(b)-end, end)
		}
	})
}
