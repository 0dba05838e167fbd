package carbon

import (
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	pickle "github.com/lomik/graphite-pickle"
)

// encodePoints encodes points with e and returns the frames.
func encodePoints(e *PickleEncoder, points []picklePoint) []*Frame {
	b := &Batch{}
	var frames []*Frame
	f := &Frame{}
	for _, x := range points {
		p := b.Add([]byte(x.name), Raw, x.value, x.time*1000)
		if !e.Append(f, b, p) {
			e.Finish(f)
			frames = append(frames, f)
			f = &Frame{}
			if !e.Append(f, b, p) {
				panic("bug: an empty frame takes any point")
			}
		}
	}
	e.Finish(f)
	return append(frames, f)
}

// oddPoints are points at every border of the encoding.
func oddPoints() []picklePoint {
	var points []picklePoint
	add := func(name string, v float64, at int64) { points = append(points, picklePoint{name, v, at}) }
	for i, at := range []int64{0, 255, 256, 65535, 65536, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		add(fmt.Sprintf("time.%d", i), 1.5, at)
	}
	for i, v := range []float64{0, math.Copysign(0, -1), -1, 0.1, 5e-324, math.MaxFloat64, -1e-300, 1 << 53} {
		add(fmt.Sprintf("value.%d", i), v, 1_700_000_000)
	}
	add("café.日本.😀", 1, 1_700_000_000)
	add("disk.used;dc=ams;host=web01", 2, 1_700_000_000)
	add(strings.Repeat("n", 255), 3, 1_700_000_000)
	add(strings.Repeat("n", 4096), 4, 1_700_000_000)
	return points
}

func TestPickleEncodeBytes(t *testing.T) {
	f := func(at int64, want string) {
		t.Helper()
		got := encodePoints(&PickleEncoder{}, []picklePoint{{"a.b", 1.5, at}})[0]
		whole := string(pickleFrame("\x80\x02](X\x03\x00\x00\x00a.b" + want + "G\x3f\xf8\x00\x00\x00\x00\x00\x00\x86\x86e."))
		if string(got.Bytes) != whole || got.Points != 1 {
			t.Errorf("%d: %q, want %q", at, got.Bytes, whole)
		}
	}
	f(0, "K\x00")
	f(255, "K\xff")
	f(256, "M\x00\x01")
	f(65535, "M\xff\xff")
	f(65536, "J\x00\x00\x01\x00")
	f(1<<31-1, "J\xff\xff\xff\x7f")
	f(1<<31, "\x8a\x05\x00\x00\x00\x80\x00")
	f(1<<32-1, "\x8a\x05\xff\xff\xff\xff\x00")
	f(-1, "J\xff\xff\xff\xff")
	f(1<<32, "\x8a\x08\x00\x00\x00\x00\x01\x00\x00\x00")
}

func TestPickleEncodeLimits(t *testing.T) {
	points := make([]picklePoint, 1001)
	for i := range points {
		points[i] = picklePoint{fmt.Sprintf("servers.host%04d.cpu", i), float64(i), 1_700_000_000}
	}
	f := func(e PickleEncoder, maxBytes, maxPoints, wantFrames int) {
		t.Helper()
		frames, total := encodePoints(&e, points), 0
		for _, f := range frames {
			total += f.Points
			if len(f.Bytes) > maxBytes || f.Points > maxPoints {
				t.Errorf("%+v: a frame of %d bytes and %d points", e, len(f.Bytes), f.Points)
			}
		}
		if len(frames) != wantFrames || total != len(points) {
			t.Errorf("%+v: %d frames with %d points, want %d with %d", e, len(frames), total, wantFrames, len(points))
		}
	}
	f(PickleEncoder{}, FrameSize, DefaultPicklePoints, 3)
	f(PickleEncoder{MaxPoints: 100}, FrameSize, 100, 11)
	f(PickleEncoder{MaxPoints: 1}, FrameSize, 1, 1001)
	f(PickleEncoder{Limit: 4096, MaxPoints: 5000}, 4096, 5000, 11)

	// An empty frame takes a point that no limit allows, and is full then.
	e, b, frame := PickleEncoder{Limit: 64}, &Batch{}, &Frame{}
	long := b.Add([]byte(strings.Repeat("n", 4096)), Raw, 1, 0)
	if !e.Append(frame, b, long) {
		t.Error("an empty frame refused a long point")
	}
	before := len(frame.Bytes)
	if e.Append(frame, b, b.Add([]byte("a"), Raw, 1, 0)) || len(frame.Bytes) != before || frame.Points != 1 {
		t.Error("a full frame took a point, or was changed")
	}
	if empty := (&Frame{}); true {
		if e.Finish(empty); len(empty.Bytes) != 0 {
			t.Error("a frame without points got bytes")
		}
	}
}

func TestPickleRoundTrip(t *testing.T) {
	points := oddPoints()
	var got []picklePoint
	d := NewPickleDecoder(DefaultLimits())
	for _, f := range encodePoints(&PickleEncoder{MaxPoints: 7}, points) {
		b := &Batch{Bytes: f.Bytes}
		if err := d.Decode(b, pickleNow); err != nil || sumBad(b.Bad) != 0 {
			t.Fatalf("%v, bad %v", err, b.Bad)
		}
		got = append(got, decodedPoints(b, 0)...)
	}
	if !samePickle(got, points) {
		t.Errorf("\n got %v\nwant %v", got, points)
	}
}

// TestPickleEncodeLibrary has go-carbon's own reader take what the encoder writes.
func TestPickleEncodeLibrary(t *testing.T) {
	points := oddPoints()
	var got []picklePoint
	for _, f := range encodePoints(&PickleEncoder{}, points) {
		err := pickle.ParseMessage(f.Bytes[4:], func(name string, v float64, at int64) {
			got = append(got, picklePoint{name, v, at})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !samePickle(got, points) {
		t.Errorf("\n got %v\nwant %v", got, points)
	}
}

// TestPickleEncodePython has Python's own pickle module take it, as carbon does.
func TestPickleEncodePython(t *testing.T) {
	python := findPython(t)
	const program = `
import json, pickle, struct, sys
out = []
data = sys.stdin.buffer.read()
while data:
    n = struct.unpack("!L", data[:4])[0]
    frame, data = data[4:4+n], data[4+n:]
    assert len(frame) == n
    for name, (at, value) in pickle.loads(frame):
        assert type(name) is str and type(at) is int and type(value) is float
        out.append([name, value.hex(), at])
print(json.dumps(out))
`
	points := oddPoints()
	var in strings.Builder
	for _, f := range encodePoints(&PickleEncoder{MaxPoints: 5}, points) {
		in.Write(f.Bytes)
	}
	cmd := exec.Command(python, "-c", program)
	cmd.Stdin = strings.NewReader(in.String())
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][3]any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(points) {
		t.Fatalf("%d points, want %d", len(got), len(points))
	}
	for i, p := range points {
		if want := [3]any{p.name, pythonHex(p.value), float64(p.time)}; !reflect.DeepEqual(got[i], want) {
			t.Errorf("got %v, want %v", got[i], want)
		}
	}
}

// pythonHex writes v as Python's float.hex does.
func pythonHex(v float64) string {
	b := math.Float64bits(v)
	sign, exp, frac := "", int(b>>52&0x7ff), b&(1<<52-1)
	if b>>63 != 0 {
		sign = "-"
	}
	switch {
	case exp == 0 && frac == 0:
		return sign + "0x0.0p+0"
	case exp == 0:
		return fmt.Sprintf("%s0x0.%013xp-1022", sign, frac)
	}
	return fmt.Sprintf("%s0x1.%013xp%+d", sign, frac, exp-1023)
}

// findPython returns a Python 3 to run, or skips the test.
func findPython(t *testing.T) string {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: what Python itself reads is not compared")
	}
	return path
}
