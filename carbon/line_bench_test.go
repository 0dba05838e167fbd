package carbon

import (
	"bytes"
	"fmt"
	"testing"
)

// block returns lines of one form, made from format with a number, as one read brings them.
func block(format string) []byte {
	var out bytes.Buffer
	for i := 0; out.Len() < BlockSize-100; i++ {
		fmt.Fprintf(&out, format+"\n", i%1000)
	}
	return out.Bytes()
}

var lineForms = []struct{ name, format string }{
	{"plain", "servers.web-%04d.cpu-3.percent-user 17.4812 1700000000"}, // 58 bytes with its newline
	{"now", "servers.web-%04d.cpu-3.percent-user 17.4812"},
	{"diff", "servers.web-%04d.eth0.rx-octets 1827364512 1700000000 D"},
	{"crlf", "servers.web-%04d.cpu-3.percent-user 17.4812 1700000000\r"},
	{"tagged", "cpu.percent-user;dc=ams;host=web-%04d 17.4812 1700000000"},
	{"unsorted", "cpu.percent-user;host=web-%04d;dc=ams 17.4812 1700000000"},
	{"dots", "servers..web-%04d.cpu-3.percent-user. 17.4812 1700000000"},
	{"tabs", "servers.web-%04d.cpu-3.percent-user\t17.4812\t1700000000"},
	{"fraction", "servers.web-%04d.cpu-3.percent-user 17.4812 1700000000.25"},
	{"long", "servers.web-%04d.cpu-3.percent-user 17.481212345678901 1700000000"},
	{"statsd", "servers.web-%04d.requests:17|D|@0.5"},
	{"dogstatsd", "requests:17|D|#host:web-%04d,dc:ams"},
	{"bad", "servers.web-%04d.cpu-3.percent-user nan 1700000000"},
}

func BenchmarkLineDecode(bench *testing.B) {
	for _, form := range lineForms {
		bench.Run(form.name, func(bench *testing.B) {
			in := block(form.format)
			lines := bytes.Count(in, []byte("\n"))
			d, b := NewLineDecoder(DefaultLimits()), NewBatch()
			bench.ReportAllocs()
			for bench.Loop() {
				b.Bytes, b.Points = append(b.Bytes[:0], in...), b.Points[:0]
				if err := d.Decode(b, 1700000000000); err != nil {
					bench.Fatal(err)
				}
			}
			bench.ReportMetric(float64(bench.Elapsed().Nanoseconds())/float64(bench.N)/float64(lines), "ns/line")
		})
	}
}

func BenchmarkLineEncode(bench *testing.B) {
	l, e, f := DefaultLimits(), LineEncoder{}, NewFrame()
	run := func(name string, b *Batch) {
		bench.Run(name, func(bench *testing.B) {
			bench.ReportAllocs()
			for i := 0; bench.Loop(); i++ {
				if i == len(b.Points) {
					i = 0
				}
				if !e.Append(f, b, &b.Points[i]) {
					f.Bytes = f.Bytes[:0]
				}
			}
		})
	}
	for _, form := range lineForms[:2] {
		b := NewBatch()
		b.Bytes = append(b.Bytes, block(form.format)...)
		if err := NewLineDecoder(l).Decode(b, 1700000000000); err != nil {
			bench.Fatal(err)
		}
		run(form.name, b)
	}
	b := NewBatch()
	b.Add([]byte("servers.web-0123.cpu-3.percent-user.avg"), Raw, 17.4812, 1700000000000)
	run("derived", b)
}
