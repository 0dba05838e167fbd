package dest

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"plumbago/carbon"
)

// encode writes one point and returns its bytes.
func encode(e carbon.Encoder, name string, value float64, ms int64) string {
	b := carbon.NewBatch()
	defer b.Free()
	f := carbon.NewFrame()
	defer f.Free()
	e.Append(f, b, b.Add([]byte(name), carbon.Raw, value, ms))
	e.Finish(f)
	return string(f.Bytes)
}

func TestEncoderChoice(t *testing.T) {
	f := func(protocol, transport, layout, want string) {
		t.Helper()
		o := DefaultOptions()
		o.Protocol, o.Transport, o.Layout, o.Batch = protocol, transport, layout, 30000
		if got := fmt.Sprintf("%T%+v", Encoder(o), Encoder(o)); got != want {
			t.Errorf("%s %s %s: got %s, want %s", protocol, transport, layout, got, want)
		}
	}
	f("plaintext", "tcp", "plain", "*carbon.LineEncoder&{Limit:30000 Types:false}")
	f("plaintext", "udp", "plain", "*carbon.LineEncoder&{Limit:30000 Types:false}")
	f("pickle", "tcp", "plain", "*carbon.PickleEncoder&{Limit:30000 MaxPoints:500}")
	f("pickle", "udp", "plain", "*carbon.PickleEncoder&{Limit:1400 MaxPoints:500}")
	f("log", "tcp", "plain", "*carbon.LineEncoder&{Limit:30000 Types:false}")
	f("log", "tcp", "json", "*dest.jsonEncoder&{limit:30000}")
	f("log", "tcp", "jumpscale", "*dest.recordEncoder&{limit:30000}")
	f("log", "tcp", "senf", "*dest.recordEncoder&{limit:30000}")
}

func TestJSON(t *testing.T) {
	f := func(name string, value float64, ms int64, want string) {
		t.Helper()
		got := encode(&jsonEncoder{limit: 1000}, name, value, ms)
		if got != want+"\n" {
			t.Errorf("got %s, want %s", got, want)
		}
		var back struct {
			Name  string
			Value *float64
			Time  int64
		}
		if err := json.Unmarshal([]byte(got), &back); err != nil {
			t.Errorf("%s is no JSON: %v", got, err)
		}
		if back.Name != strings.ToValidUTF8(name, "\uFFFD") || back.Value != nil && *back.Value != value {
			t.Errorf("%s reads back as %+v", got, back)
		}
	}
	f("a.b", 1.5, 1700000000_999, `{"name":"a.b","value":1.5,"time":1700000000}`)
	f(`a."q"\.b`, -3, 0, `{"name":"a.\"q\"\\.b","value":-3,"time":0}`)
	f("grün.😀", 0.25, 1000, `{"name":"grün.😀","value":0.25,"time":1}`)
	f("a\x00\x1f\x7f", 0, -1, `{"name":"a\u0000\u001f\u007f","value":0,"time":-1}`)
	f("a\xffb", math.Inf(1), 1000, `{"name":"a`+"\uFFFD"+`b","value":null,"time":1}`)
}

func TestEncodersKeepTheirLimit(t *testing.T) {
	for _, e := range []carbon.Encoder{&jsonEncoder{limit: 200}, &recordEncoder{limit: 200}} {
		b, f := carbon.NewBatch(), carbon.NewFrame()
		p := b.Add([]byte(strings.Repeat("x", 300)), carbon.Raw, 1, 1000)
		if !e.Append(f, b, p) {
			t.Errorf("%T: an empty frame does not take a long point", e)
		}
		was := string(f.Bytes)
		if e.Append(f, b, p) || string(f.Bytes) != was || f.Points != 1 {
			t.Errorf("%T: a full frame has changed", e)
		}
		f.Free()
		b.Free()
	}
}

func TestEncodersDoNotAllocate(t *testing.T) {
	for _, e := range []carbon.Encoder{&jsonEncoder{limit: carbon.FrameSize}, &recordEncoder{limit: carbon.FrameSize}} {
		b, f := carbon.NewBatch(), carbon.NewFrame()
		p := b.Add([]byte("some.metric"), carbon.Raw, 1.25, 1700000000_000)
		if n := testing.AllocsPerRun(100, func() { e.Append(f, b, p) }); n > 0 {
			t.Errorf("%T: %v allocations a point", e, n)
		}
		f.Free()
		b.Free()
	}
}

func BenchmarkEncode(b *testing.B) {
	f := func(name string, e carbon.Encoder) {
		b.Run(name, func(b *testing.B) {
			batch, f := carbon.NewBatch(), carbon.NewFrame()
			p := batch.Add([]byte("servers.web01.http.requests.count"), carbon.Raw, 1234.5, 1700000000_000)
			b.ReportAllocs()
			for b.Loop() {
				if !e.Append(f, batch, p) {
					f.Bytes, f.Points = f.Bytes[:0], 0
				}
			}
		})
	}
	f("json", &jsonEncoder{limit: carbon.FrameSize})
	f("record", &recordEncoder{limit: carbon.FrameSize})
}
