package dest

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"plumbago/carbon"
	"plumbago/ingest/lists"
)

// TestParseList reads URLs of lists, and says what is wrong with one without its password.
func TestParseList(t *testing.T) {
	f := func(text string, want List) {
		t.Helper()
		if got, err := ParseList(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, want)
		}
	}
	f("redis://127.0.0.1?key=nic", List{Address: "127.0.0.1:6379", Key: "nic"})
	f("redis://user:se%23ret@host:6380/3?key=a.b&nid=3&gid=66", List{Address: "host:6380", Key: "a.b", DB: 3, user: "user", password: "se#ret", nid: "3", gid: "66"})
	f("rediss://:secret@[::1]/0?key=nic", List{Address: "[::1]:6379", Key: "nic", secure: true, password: "secret"})
	bad := func(text, want string) {
		t.Helper()
		if _, err := ParseList(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	bad("127.0.0.1:6379", "does not begin with redis://")
	bad("http://host?key=nic", "does not begin with redis://")
	bad("redis:///0?key=nic", "it has no host")
	bad("redis:host?key=nic", "does not begin with redis://")
	bad("redis://:secret@host/x?key=nic", `"x" is no number of a database`)
	bad("redis://:secret@host/-1?key=nic", `"-1" is no number of a database`)
	bad("redis://:secret@host/0", "it names no list")
	bad("redis://host?key=nic&ket=1", `there is no parameter "ket"`)
	bad("redis://host?key=nic&nid=03", "nid=03 is no whole number")
	bad("redis://:secret@ho st?key=nic", "it is no URL")

	for text, want := range map[string]string{
		"redis://user:secret@host/0?key=nic": "redis://user:xxxxx@host/0?key=nic",
		"rediss://:secret@host?key=nic":      "rediss://:xxxxx@host?key=nic",
		"redis://:secret@ho st":              "redis://...",
		"127.0.0.1:2003":                     "127.0.0.1:2003",
		"/var/log/redis://":                  "/var/log/redis://",
	} {
		if got := Shown(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestRecords makes records of points, of which whoever takes them out of the list makes the same points.
func TestRecords(t *testing.T) {
	f := func(l List, name string, at int64, record, back string) {
		t.Helper()
		b := carbon.NewBatch()
		defer b.Free()
		b.Add([]byte(name), carbon.Raw, 12.5, at)
		frame := carbon.NewFrame()
		defer frame.Free()
		(&pointEncoder{limit: 100}).Append(frame, b, &b.Points[0])
		got := string(l.appendRecord(nil, frame.Bytes[:len(frame.Bytes)-1]))
		if got != record {
			t.Errorf("%s: %s, want %s", name, got, record)
		}
		if line, n, err := lists.Append(nil, l.Key, got); err != nil || n != 1 || string(line) != back+"\n" {
			t.Errorf("%s comes back as %q, %d, %v, want %s", name, line, n, err, back)
		}
	}
	nic := List{Key: "nic"}
	f(nic, "nic.3.kbytes_sent", 1416700800125, `{"kbytes_sent":12.5,"time":1416700800.125,"nid":3}`, "nic.3.kbytes_sent 12.5 1416700800.125")
	f(nic, "nic.3.eth0.rx", 1416700800000, `{"eth0.rx":12.5,"time":1416700800,"nid":3}`, "nic.3.eth0.rx 12.5 1416700800")
	f(nic, "nic.load", 5007, `{"load":12.5,"time":5.007}`, "nic.load 12.5 5.007")
	f(nic, "nic.03.load", 0, `{"03.load":12.5,"time":0}`, "nic.03.load 12.5 0")
	f(nic, "nic.3", 0, `{"3":12.5,"time":0}`, "nic.3 12.5 0")
	f(nic, "web.3.load", 0, `{"web.3.load":12.5,"time":0}`, "nic.web.3.load 12.5 0")
	f(nic, "nice.load", 0, `{"nice.load":12.5,"time":0}`, "nic.nice.load 12.5 0")
	f(nic, "nic.time", 0, `{"nic.time":12.5,"time":0}`, "nic.nic.time 12.5 0")
	f(nic, "nic.3.gid", 0, `{"nic.3.gid":12.5,"time":0}`, "nic.nic.3.gid 12.5 0")
	f(nic, "time", 0, `{"nic.time":12.5,"time":0}`, "nic.nic.time 12.5 0")
	f(nic, "nic", 0, `{"nic":12.5,"time":0}`, "nic.nic 12.5 0")
	f(nic, `nic.a"b\`, 0, `{"a\"b\\":12.5,"time":0}`, `nic.a"b\ 12.5 0`)
	own := List{Key: "system", nid: "7", gid: "66"}
	f(own, "system.load", 0, `{"load":12.5,"time":0,"nid":7,"gid":66}`, "system.7.load 12.5 0")
	f(own, "system.3.load", 0, `{"load":12.5,"time":0,"nid":3,"gid":66}`, "system.3.load 12.5 0")
}

// FuzzRecord holds records to encoding/json: each is an object with the point's value and time.
func FuzzRecord(f *testing.F) {
	f.Add("nic.3.load", "nic", 1.5, int64(1416700800125))
	f.Add("a\"\\\x00\xff", "b", -1e300, int64(0))
	f.Add("nic..time", "nic", 1e-7, int64(999))
	f.Add("nid", "nic", 1.5, int64(1416700800125))
	f.Fuzz(func(t *testing.T, name, key string, value float64, at int64) {
		if len(name) == 0 || len(name) > 200 || key == "" || at < 0 || at > 4294967295999 || value-value != 0 || strings.Contains(name, "\n") {
			t.Skip()
		}
		b := carbon.NewBatch()
		defer b.Free()
		b.Add([]byte(name), carbon.Raw, value, at)
		frame := carbon.NewFrame()
		defer frame.Free()
		(&pointEncoder{limit: 100}).Append(frame, b, &b.Points[0])
		record := (&List{Key: key}).appendRecord(nil, frame.Bytes[:len(frame.Bytes)-1])
		var got map[string]float64
		if err := json.Unmarshal(record, &got); err != nil || !utf8.Valid(record) {
			t.Fatalf("%s: %v", record, err)
		}
		ms := got["time"] * 1000
		if ms < float64(at)-0.5 || ms > float64(at)+0.5 {
			t.Errorf("%s: the time is not %d ms", record, at)
		}
		delete(got, "time")
		delete(got, "nid")
		for field, v := range got {
			if v != value {
				t.Errorf("%s: %s is not %v", record, field, value)
			}
		}
		if len(got) != 1 {
			t.Errorf("%s has %d fields", record, len(got))
		}
	})
}
