package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/ingest/mmstats"
)

const recorded = "../../ingest/mmstats/testdata"

// TestSlurp prints files that the original wrote, and what can be read of a damaged one.
func TestSlurp(t *testing.T) {
	var out, problems bytes.Buffer
	good, bad := filepath.Join(recorded, "31-nan-inf.mmstats"), filepath.Join(recorded, "25-truncated-in-value.mmstats")
	err := slurp([]string{good, bad, recorded, "/none"}, false, &out, &problems)
	if err != errWrong {
		t.Errorf("%v", err)
	}
	want := "==> " + good + "\n  nan  nan\n  inf  inf\n  ninf -inf\n\n==> " + bad + "\n  ok.first 41\n\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
	want = "Error reading: " + bad + "\ntruncated value in field at offset 31\nError reading: /none\nopen /none: no such file or directory\n"
	if problems.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &problems, want)
	}
}

// TestSlurpJSON prints objects that are JSON whatever the values.
func TestSlurpJSON(t *testing.T) {
	var out bytes.Buffer
	if err := slurp([]string{filepath.Join(recorded, "31-nan-inf.mmstats"), filepath.Join(recorded, "34-native-long-type.mmstats")}, true, &out, &out); err != nil {
		t.Fatal(err)
	}
	var got []slurped
	for d := json.NewDecoder(&out); d.More(); {
		var s slurped
		if err := d.Decode(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if len(got) != 2 || got[0].Fields[0].Value != "nan" || got[1].Fields[0].Value != -5.0 || got[1].Fields[1].Type != "L" {
		t.Errorf("%+v", got)
	}
}

// TestValueText writes values as Python 2 does.
func TestValueText(t *testing.T) {
	f := func(v any, want string) {
		t.Helper()
		if got := valueText(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	f(1416725000.125, "1416725000.12")
	f(1.0, "1.0")
	f(0.1, "0.1")
	f(1e16, "1e+16")
	f(1e-5, "1e-05")
	f(100000.0, "100000.0")
	f(true, "True")
	f(false, "False")
	f(nil, "None")
	f(uint64(1<<63), "9223372036854775808")
	f("x", "x")
}

// TestPoll prints growth over files that come and go.
func TestPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		open := func(name string) (*mmstats.File, *mmstats.Counter) {
			f, err := mmstats.Create(mmstats.Options{Path: dir, Filename: name, Prefix: "web.", Bare: true})
			if err != nil {
				t.Fatal(err)
			}
			mmstats.NewStaticText(f, "kind", name[:1])
			return f, mmstats.NewCounter(f, "a.very.long.name.of.hits")
		}
		t.Setenv("MMSTATS_GLOB", filepath.Join(dir, "*"))
		_, a := open("a.1")
		b, hits := open("a.2")
		_, other := open("b.1")
		a.Add(10)
		hits.Add(1000)
		other.Add(7)
		p := &poll{count: 4, headers: 20, delay: time.Second, prefix: "web.", fields: []string{"web.a.very.long.name.of.hits", "web.none"}, filters: []string{"web.kind=a"}}
		var out bytes.Buffer
		done := make(chan error)
		go func() { done <- p.run(context.Background(), &out, os.Stderr) }()
		for _, step := range []func(){
			func() { a.Add(5) },
			func() { a.Add(1); _ = b.Remove() },
			func() { _, late := open("a.3"); late.Add(30) },
		} {
			synctest.Wait()
			step()
			time.Sleep(time.Second)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		want := "" +
			"a.very.long.name.of.|        none        \n" +
			"               1010 |                  0 \n" +
			"                  5 |                  0 \n" +
			"                  1 |                  0 \n" +
			"                 30 |                  0 \n"
		if out.String() != want {
			t.Errorf("got\n%s\nwant\n%s", &out, want)
		}
	})
}

// TestPollRecorded prints what the original prints of a recorded file.
func TestPollRecorded(t *testing.T) {
	p := &poll{count: 2, delay: time.Millisecond, prefix: "web.stats.status.", fields: []string{"web.stats.status.2XX", "web.stats.status.3XX", "web.stats.status.4XX"},
		paths: []string{filepath.Join(recorded, "02-webstats.mmstats")}}
	var out bytes.Buffer
	if err := p.run(context.Background(), &out, os.Stderr); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"        2XX         |        3XX         |        4XX         \n" +
		"               1001 |                 30 |                  7 \n" +
		"                  0 |                  0 |                  0 \n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
	p.fields = []string{"none"}
	if err := p.run(context.Background(), &out, os.Stderr); err == nil || !strings.Contains(err.Error(), "no file has any of these fields") {
		t.Errorf("%v", err)
	}
}
