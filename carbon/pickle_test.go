package carbon

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon/stat"
)

const pickleData = "testdata/pickle"

// pickleFixture is one entry of the manifest: a frame as some program writes it, or as no program should, and what is
// to become of it.
type pickleFixture struct {
	Object string
	Name   string
	File   string
	SameAs string `json:"same_as"`
	Expect struct {
		Result     string
		Accept     [][3]any
		AcceptFile string `json:"accept_file"`
		Skipped    uint32
	}
}

type pickleManifest struct {
	Good, Crafted, Hostile, Wire []pickleFixture
}

// picklePoint is a decoded point to compare.
type picklePoint struct {
	name  string
	value float64
	time  int64 // seconds
}

func readPickleManifest(t testing.TB) pickleManifest {
	var m pickleManifest
	raw, err := os.ReadFile(filepath.Join(pickleData, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bytes returns the fixture's content.
func (x *pickleFixture) bytes(t testing.TB) []byte {
	path := filepath.Join(pickleData, x.File+x.SameAs)
	raw, err := os.ReadFile(path)
	if err == nil && strings.HasSuffix(path, ".gz") {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(raw)); err == nil {
			raw, err = io.ReadAll(z)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// points returns what the fixture is expected to give; now stands for the time of arrival.
func (x *pickleFixture) points(t testing.TB, now int64) []picklePoint {
	accept := x.Expect.Accept
	if x.Expect.AcceptFile != "" {
		raw, err := os.ReadFile(filepath.Join(pickleData, x.Expect.AcceptFile))
		if err == nil {
			err = json.Unmarshal(raw, &accept)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var points []picklePoint
	for _, a := range accept {
		v, err := strconv.ParseFloat(a[1].(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		p := picklePoint{name: a[0].(string), value: v, time: now / 1000}
		if s, ok := a[2].(float64); ok {
			p.time = int64(s)
		}
		points = append(points, p)
	}
	return points
}

// decodedPoints returns the points of b from the i-th on.
func decodedPoints(b *Batch, i int) []picklePoint {
	var points []picklePoint
	for j := range b.Points[i:] {
		p := &b.Points[i+j]
		points = append(points, picklePoint{string(b.Name(p)), p.Value, p.Time / 1000})
	}
	return points
}

func samePickle(got, want []picklePoint) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i].name != want[i].name || got[i].time != want[i].time ||
			math.Float64bits(got[i].value) != math.Float64bits(want[i].value) {
			return false
		}
	}
	return true
}

func sumBad(bad [stat.NReasons]uint32) (n uint32) {
	for _, v := range bad {
		n += v
	}
	return n
}

const pickleNow = int64(1_750_000_000_123)

func TestPickleFixtures(t *testing.T) {
	m := readPickleManifest(t)
	d := NewPickleDecoder(DefaultLimits())
	f := func(x pickleFixture) {
		t.Helper()
		b := NewBatch()
		defer b.Free()
		b.Bytes = append(b.Bytes, x.bytes(t)...)
		err := d.Decode(b, pickleNow)
		title := x.Object + x.Name + " (" + x.File + x.SameAs + ")"
		if x.Expect.Result == "rejected" {
			if err == nil || len(b.Points) != 0 || sumBad(b.Bad) != 1 || b.Bad[stat.BadPickle] != 1 {
				t.Errorf("%s: not refused: %v, %d points, bad %v", title, err, len(b.Points), b.Bad)
			}
			return
		}
		want, skipped := x.points(t, pickleNow), x.Expect.Skipped
		if x.Object == "name_70000" {
			// The corpus takes names of any length. Here max_name bounds them, so this item is skipped as too long.
			want, skipped = nil, 1
			if b.Bad[stat.TooLong] != 1 {
				t.Errorf("%s: bad %v, want one too_long", title, b.Bad)
			}
		}
		if err != nil {
			t.Errorf("%s: refused: %v", title, err)
		} else if got := decodedPoints(b, 0); !samePickle(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", title, got, want)
		}
		if sumBad(b.Bad) != skipped {
			t.Errorf("%s: bad %v, want %d in all", title, b.Bad, skipped)
		}
	}
	if len(m.Good) < 200 || len(m.Crafted) < 10 {
		t.Fatalf("only %d good and %d crafted fixtures", len(m.Good), len(m.Crafted))
	}
	for _, x := range append(m.Good, m.Crafted...) {
		f(x)
	}
}

// TestPickleReasons says under which reason each object's bad items are counted.
func TestPickleReasons(t *testing.T) {
	want := map[string]stat.Reason{
		"dict_item": stat.BadFields, "empty_name": stat.BadName, "flat_item": stat.BadFields, "ints_long4": stat.BadValue,
		"name_70000": stat.TooLong, "name_int": stat.BadFields, "name_with_space": stat.BadName, "nonfinite": stat.BadValue,
		"one_tuple_items": stat.BadFields, "point_arity3": stat.BadFields, "quotes_names": stat.BadName,
		"string_value_bad_middle": stat.BadValue, "string_values_odd": stat.BadValue, "timestamp_nan_inf": stat.BadTime,
		"timestamp_over_uint32": stat.BadTime, "value_none": stat.BadValue, "wrong_arity": stat.BadFields,
	}
	met := map[string]bool{}
	d := NewPickleDecoder(DefaultLimits())
	for _, x := range readPickleManifest(t).Good {
		b := &Batch{Bytes: x.bytes(t)}
		if d.Decode(b, pickleNow) != nil || sumBad(b.Bad) == 0 {
			continue
		}
		met[x.Object] = true
		if why, ok := want[x.Object]; !ok || b.Bad[why] != sumBad(b.Bad) {
			t.Errorf("%s: bad %v, want all %v", x.Object, b.Bad, why)
		}
	}
	if len(met) != len(want) {
		t.Errorf("bad items in %d objects, want %d", len(met), len(want))
	}
}

// TestPickleHostile holds every hostile frame to its outcome and to the memory and the time that a frame may cost:
// 8 times its bytes and 1 MiB, 50 ms and 1 ms for each 10 KiB.
func TestPickleHostile(t *testing.T) {
	m := readPickleManifest(t)
	if len(m.Hostile) < 30 {
		t.Fatalf("only %d hostile fixtures", len(m.Hostile))
	}
	for _, x := range m.Hostile {
		t.Run(x.Name, func(t *testing.T) {
			in := x.bytes(t)
			b := &Batch{Bytes: in}
			d := NewPickleDecoder(DefaultLimits())
			spent, took := pickleCost(func() { checkHostile(t, x, b, d.Decode(b, pickleNow)) })
			if allowed := uint64(8*len(in) + 1<<20); spent > allowed {
				t.Errorf("%d bytes allocated, %d allowed for a frame of %d", spent, allowed, len(in))
			}
			if allowed := 50*time.Millisecond + time.Duration(len(in)/10240)*time.Millisecond; took > allowed && !raceDetector {
				t.Errorf("took %v, %v allowed", took, allowed)
			}
		})
	}
}

func checkHostile(t *testing.T, x pickleFixture, b *Batch, err error) {
	if x.Name == "h_many_points" {
		// Legal, if dense. The budgets leave room for it.
		if err != nil || len(b.Points) != 40000 || sumBad(b.Bad) != 0 {
			t.Errorf("%d points, %v", len(b.Points), err)
		}
		return
	}
	if err == nil || len(b.Points) != 0 || sumBad(b.Bad) != 1 || b.Bad[stat.BadPickle] != 1 {
		t.Errorf("not refused: %v, %d points, bad %v", err, len(b.Points), b.Bad)
	}
}

// pickleCost returns what f allocates, whether or not it keeps it, and how much CPU time it takes.
func pickleCost(f func()) (bytes uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processTime()
	f()
	took = processTime() - start
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// processTime is the CPU time of this process so far: what else the machine does must not fail a test.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestPickleWire(t *testing.T) {
	refused := map[string]string{
		"w_len_ffffffff":         "frame of 4294967295 bytes announced, at most 1048576 allowed",
		"w_len_max_plus_1":       "frame of 1048577 bytes announced, at most 1048576 allowed",
		"w_len_zero_then_good":   "frame of 0 bytes announced",
		"w_truncated_prefix":     "the stream ends inside a frame's length",
		"w_three_frames":         "",
		"w_http_request":         `frame of 1195725856 bytes announced: this looks like plain text ("GET ")`,
		"w_plain_lines":          `frame of 1718578990 bytes announced: this looks like plain text ("foo.")`,
		"w_little_endian_prefix": "its length looks written in the wrong byte order",
	}
	m := readPickleManifest(t)
	if len(m.Wire) != len(refused) {
		t.Fatalf("%d streams, want %d", len(m.Wire), len(refused))
	}
	for _, x := range m.Wire {
		in := x.bytes(t)
		b := &Batch{Bytes: in}
		d := NewPickleDecoder(DefaultLimits())
		var err error
		spent, _ := pickleCost(func() { err = d.Decode(b, pickleNow) })
		if want := refused[x.Name]; want == "" {
			if err != nil || len(b.Points) != 3 || sumBad(b.Bad) != 0 {
				t.Errorf("%s: %d points, %v", x.Name, len(b.Points), err)
			}
		} else if err == nil || !strings.Contains(err.Error(), want) || len(b.Points) != 0 || b.Bad[stat.BadPickle] != 1 {
			t.Errorf("%s: %v, %d points, bad %v; want %q", x.Name, err, len(b.Points), b.Bad, want)
		}
		if spent > 1<<20 {
			t.Errorf("%s: %d bytes allocated", x.Name, spent)
		}
	}
}

// TestPicklePrefix refuses a frame by its four bytes alone, with good frames before it standing.
func TestPicklePrefix(t *testing.T) {
	good := pickleFrame("]X\x01\x00\x00\x00aK\x01K\x02\x86\x86a.")
	d := NewPickleDecoder(DefaultLimits())
	f := func(prefix, want string) {
		t.Helper()
		b := &Batch{Bytes: append(append([]byte{}, good...), prefix...)}
		err := d.Decode(b, pickleNow)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", prefix, err, want)
		}
		if got := decodedPoints(b, 0); !reflect.DeepEqual(got, []picklePoint{{"a", 2, 1}}) || sumBad(b.Bad) != 1 {
			t.Errorf("%q: %v, bad %v", prefix, got, b.Bad)
		}
	}
	f("\x00\x00\x00\x00", "frame of 0 bytes announced")
	f("\x00\x10\x00\x01", "frame of 1048577 bytes announced, at most 1048576 allowed")
	f("\x16\x03\x01\x02", "this looks like TLS")
	f("a\r\n\t", `this looks like plain text ("a\r\n\t")`)
	f("\x00\x00\x00\x09]", "frame of 9 bytes announced, the stream ends after 1")
}

// pickleFrame returns a pickle as a frame.
func pickleFrame(pickle string) []byte {
	n := len(pickle)
	return append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, pickle...)
}
