package convert

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plumbago/conf"
)

var update = flag.Bool("update", false, "rewrite the configurations that are expected")

// daemons says which of carbon's daemons a case is about, where its files do not.
func daemons(name string) string {
	return map[string]string{"carbon/hashing": "relay:b"}[name]
}

// TestCorpus converts each folder of the corpus: what comes of it is in its plumbago.toml. A case is complete if it says so nowhere
// that something that matters is missing.
func TestCorpus(t *testing.T) {
	for _, from := range Languages() {
		folders, err := filepath.Glob("testdata/" + from + "/*")
		if err != nil || len(folders) == 0 {
			t.Fatalf("%s: no cases, %v", from, err)
		}
		for _, folder := range folders {
			name := from + "/" + filepath.Base(folder)
			t.Run(name, func(t *testing.T) {
				t.Chdir(folder)
				r, err := Convert(sourcesHere(t), Options{From: from, Daemon: daemons(name), Files: Disk()})
				if err != nil {
					t.Fatal(err)
				}
				valid(t, r.Text)
				const golden = "plumbago.toml"
				if *update {
					if err := os.WriteFile(golden, []byte(r.Text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if r.Text != string(want) {
					t.Errorf("got (-update writes it)\n%s\nwant\n%s", r.Text, want)
				}
				if matters := slices.ContainsFunc(r.Gaps, func(g Gap) bool { return g.Matters }); matters == r.Complete() {
					t.Errorf("complete is %t, with the gaps %v", r.Complete(), r.Gaps)
				}
			})
		}
	}
}

// sourcesHere returns the files in this folder, but for the configuration that is expected.
func sourcesHere(t *testing.T) (all []Source) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() || e.Name() == "plumbago.toml" {
			continue
		}
		text, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Source{e.Name(), string(text)})
	}
	return all
}

// valid holds a configuration to the check that plumbago makes. Certificates need not be on this machine.
func valid(t *testing.T, text string) *conf.File {
	t.Helper()
	f, faults := conf.Parse("converted", []byte(text), func(string) (string, bool) { return "", false })
	for _, fault := range faults {
		if !strings.Contains(fault.Key, ".tls.") {
			t.Fatalf("%v in\n%s", fault, text)
		}
	}
	return f
}

// TestComplete says of small configurations whether all of them is kept.
func TestComplete(t *testing.T) {
	f := func(from, text string, want bool, gap string) {
		t.Helper()
		name := map[string]string{"carbon": "carbon.conf"}[from]
		if name == "" {
			name = "in"
		}
		r, err := Convert([]Source{{name, text}}, Options{From: from, Files: Disk()})
		if err != nil {
			t.Fatal(err)
		}
		if r.Complete() != want {
			t.Errorf("%s: complete is %t, want %t: %v", text, r.Complete(), want, r.Gaps)
		}
		if !strings.Contains(r.Text, gap) {
			t.Errorf("%s: %q is not in\n%s", text, gap, r.Text)
		}
	}
	const c = "cluster a forward 10.0.0.1; "
	f("carbon-c-relay", c+"match * send to a stop;", true, `address = ["tcp://:2003", "udp://:2003", "unix:///tmp/.s.carbon-c-relay.2003"]`)
	f("carbon-c-relay", c+"match a validate b else drop send to a;", false, "NOT CONVERTED in:1: validate")
	f("carbon-c-relay", c+`match a validate "^[-+.eE0-9]+ [0-9]+$" else drop send to a;`, true, "NOT CONVERTED in:1: validate")
	f("carbon-c-relay", c+"rewrite b(?=c) into d;", false, "NOT CONVERTED in:1: rewrite: the expression")
	f("carbon-c-relay", c+"aggregate ^b(.) every 5 seconds expire after 9 seconds compute sum write to c.\\1; match ^d send to a;", true, `wait = "4s"`)
	f("carbon-c-relay", c+"aggregate ^b(.) every 5 seconds expire after 9 seconds compute sum write to b.\\1; match ^d send to a;", false, "may have taken them")
	f("carbon", "[relay]\nRELAY_METHOD = constant\nDESTINATIONS = 10.0.0.9:2004", true, `overflow = "block"`)
	f("carbon", "[relay]\nRELAY_METHOD = fast-hashing\nDESTINATIONS = 10.0.0.9:2004", false, "NOT CONVERTED")
	f("carbon-relay-ng", "[[route]]\nkey='a'\ntype='sendAllMatch'\ndestinations=['10.0.0.1:2003']", true, `stop = false`)
	f("carbon-relay-ng", "[[route]]\nkey='a'\ntype='sendAllMatch'\ndestinations=['10.0.0.1:2003']\n[[rewriter]]\nold='/^a(b)/'\nnew='<$0.$1>'\nmax=-1", true, `rewrite = "${1}<${2}.${3}>${4}"`)
	f("carbon-relay-ng", "[[route]]\nkey='a'\ntype='kafkaMdm'", false, "NOT CONVERTED in:1: route a of type kafkaMdm")
	f("statsd", "{graphiteHost: 'a'}", true, `manage = "tcp://:8126"`)
	f("statsd", "{}", false, "no graphiteHost")
}

// TestTLS wants TLS where a member is to be reached by it and nothing more is said.
func TestTLS(t *testing.T) {
	r, err := Convert([]Source{{"in", "cluster a forward 10.0.0.1 transport ssl; match * send to a;"}}, Options{From: "carbon-c-relay", Files: Disk()})
	if err != nil {
		t.Fatal(err)
	}
	if f := valid(t, r.Text); f.Cluster[0].TLS == nil || !r.Complete() {
		t.Errorf("the cluster has no TLS:\n%s", r.Text)
	}
}

// TestMistakes says where and what is wrong.
func TestMistakes(t *testing.T) {
	f := func(from, text, want string) {
		t.Helper()
		name := map[string]string{"carbon": "carbon.conf"}[from]
		if name == "" {
			name = "in"
		}
		r, err := Convert([]Source{{name, text}}, Options{From: from, Files: Disk()})
		if err == nil {
			t.Fatalf("%s: no mistake, but\n%s", text, r.Text)
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	f("carbon-c-relay", "cluster a\n  somehow 10.0.0.1;", "in:2:3: expected one of forward, any_of, failover,")
	f("carbon-c-relay", "cluster a forward h; match * send to a", `in:1: expected a cluster, not the end of the file`)
	f("carbon-c-relay", "match * send to a;", `in:1: there is no cluster "a"`)
	f("carbon-c-relay", "match \"open\nsend", `in:1:7: expected a closing " on this line`)
	f("carbon-c-relay", "cluster a forward h; aggregate b every x seconds", `in:1:40: expected a number of seconds, not "x"`)
	f("carbon-c-relay", "include /nowhere/*.conf;", `in:1:9: there is no file "/nowhere/*.conf" to include`)
	f("carbon-c-relay", "cluster a forward h; match * send to a blackhole;", `in:1:40: expected no other cluster beside blackhole, not "blackhole"`)
	f("carbon-c-relay", "cluster a forward h:port;", "in:1: cannot be said in plumbago's words: cluster[1].endpoints")
	f("carbon", "[relay]\nRELAY_METHOD = constant\nDESTINATIONS = here", `carbon.conf:3: expected HOST:PORT or HOST:PORT:INSTANCE, not "here"`)
	f("carbon", "[relay]\nnothing", `carbon.conf:2:1: expected KEY = VALUE, not "nothing"`)
	f("carbon", "[cache]\nLINE_RECEIVER_PORT = 2003", "has neither a [relay] nor an [aggregator]")
	f("carbon", "[relay]\nDESTINATIONS = 10.0.0.1:2004\nLINE_RECEIVER_PORT = x", `carbon.conf:3: LINE_RECEIVER_PORT is a number, not "x"`)
	f("carbon-relay-ng", "a = 1\nb = ", "in:2:")
	f("carbon-relay-ng", "[[aggregation]]\nfunction = 'mode'\nregex='a'\nformat='b'\ninterval=1", `in:1: there is no function "mode"`)
	f("carbon-relay-ng", "[[route]]\nkey='a'\ntype='sendAllMatch'\ndestinations=['nowhere']", `in:4: expected HOST:PORT or HOST:PORT:INSTANCE, not "nowhere"`)
	f("statsd", "{\n  port: 8125,\n  flushInterval: 10 * 1000\n}", "in:3:21: expected a comma or }, not '*'")
	f("statsd", "{ port: process.env.PORT }", "in:1:9: expected a value (JavaScript is not evaluated), not 'p'")
	f("statsd", "{ a: 'open\n }", "in:1:6: expected a text that ends on its line")
	f("mail", "", `there is no language "mail"`)
}

// FuzzRelay, and its like for the other languages, want an error or a configuration that stands up to the check, whatever comes.
func FuzzRelay(f *testing.F) {
	seeds(f, "carbon-c-relay", "relay.conf")
	f.Fuzz(func(t *testing.T, text string) { whatever(t, "carbon-c-relay", Source{"in", text}) })
}

func FuzzNG(f *testing.F) {
	seeds(f, "carbon-relay-ng", "relay-ng.ini")
	f.Fuzz(func(t *testing.T, text string) { whatever(t, "carbon-relay-ng", Source{"in", text}) })
}

func FuzzStatsd(f *testing.F) {
	seeds(f, "statsd", "config.js")
	f.Fuzz(func(t *testing.T, text string) { whatever(t, "statsd", Source{"in", text}) })
}

func FuzzCarbon(f *testing.F) {
	f.Add("[relay]\nDESTINATIONS = 10.0.0.1:2004\n", "[default]\ndefault = true\ndestinations = 10.0.0.1:2004\n[a]\npattern = ^a(b)\ndestinations = 10.0.0.1:2004", "^a", "")
	f.Add("[aggregator]\nDESTINATIONS = 10.0.0.1:2004\nUSE_WHITELIST = True\n", "<a>.b.<c> (60) = sum <a>.x.*.<<c>>", "^a", "[pre]\na(b)$ = \\1\n[post]\n_sum$ =")
	f.Fuzz(func(t *testing.T, main, rules, list, rewrite string) {
		all := []Source{{"carbon.conf", main}, {"blacklist.conf", list}}
		if strings.Contains(main, "[aggregator]") {
			all = append(all, Source{"aggregation-rules.conf", rules}, Source{"rewrite-rules.conf", rewrite})
		} else {
			all = append(all, Source{"relay-rules.conf", rules})
		}
		whatever(t, "carbon", all...)
	})
}

// seeds adds what the corpus has.
func seeds(f *testing.F, from, file string) {
	paths, err := filepath.Glob("testdata/" + from + "/*/" + file)
	if err != nil || len(paths) == 0 {
		f.Fatal(from, err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
}

// whatever converts what a fuzzer made up. No file is read for it.
func whatever(t *testing.T, from string, all ...Source) {
	none := Files{
		Glob: func(string) ([]string, error) { return nil, nil },
		Read: func(string) ([]byte, error) { return nil, errors.New("no files") },
	}
	r, err := Convert(all, Options{From: from, Files: none})
	if err == nil {
		valid(t, r.Text)
	}
}
