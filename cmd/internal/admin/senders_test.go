package admin

import (
	"context"
	"regexp"
	"testing"
)

// What was refused, and who sent it, as the API tells it.
func TestSenders(t *testing.T) {
	d, h := serve(t)
	f := func(path string, status int, want string) {
		t.Helper()
		got, body := get(t, h, path)
		if got != status || !regexp.MustCompile("^"+want+"\n$").MatchString(body) {
			t.Errorf("%s answers %d %s, want %d %s", path, got, body, status, want)
		}
	}
	f("/api/bad", 200, `{"bad":\[\]}`)
	f("/api/peers", 200, `{"peers":\[\],"total":0}`)
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	feed(t, d, "x.y 1\nx.y \\\"<é\nx.y \xff\n\x00\nlast 1\n")
	d.Close(context.Background())
	const (
		when  = `"\d{4}-[^"]*"`
		where = `"peer":"127.0.0.1","listener":"tcp://127.0.0.1:0"`
		from  = `"peer":"127.0.0.1:\d+"`
	)
	row := func(reason, text string) string {
		return `{` + where + `,"reason":"` + reason + `","lines":1,"last":` + when + `,"samples":\[{"at":` + when + `,` + from + `,"text":"` + text + `"}\]}`
	}
	name, utf8, value := row("bad_name", `\\\\x00`), row("bad_utf8", `x.y \\\\xff`), row("bad_value", `x.y \\\\\\\\\\"\\u003cé`)
	f("/api/bad", 200, `{"bad":\[`+name+`,`+utf8+`,`+value+`\]}`)
	f("/api/bad?reason=bad_utf8&peer=127.0.0.1", 200, `{"bad":\[`+utf8+`\]}`)
	f("/api/bad?limit=1", 200, `{"bad":\[`+name+`\]}`)
	f("/api/bad?peer=127.0.0.2", 200, `{"bad":\[\]}`)
	f("/api/bad?listener=", 200, `{"bad":\[\]}`)
	f("/api/bad?reason=mood", 400, `{"error":"\\"mood\\" is no reason: there are bad_name, .*`)
	f("/api/bad?limit=-1", 400, `{"error":"limit=-1 is no number of rows"}`)
	f("/api/bad?pear=1", 400, `{"error":"\\"pear\\" is no parameter here: there are peer, listener, reason, limit"}`)
	peer := `{` + where + `,"lines":5,"bytes":31,"bad":3,"rate_limited":0,"lines_per_second":[0-9.]+,"last":` + when + `,"skew_seconds":0}`
	f("/api/peers", 200, `{"peers":\[`+peer+`\],"total":1}`)
	f("/api/peers?sort=skew&limit=0", 200, `{"peers":\[\],"total":1}`)
	f("/api/peers?sort=name", 400, `{"error":"\\"name\\" is no order: there are lines, rate, bytes, bad, skew"}`)
}

// The busiest beginnings of names, by lines and by names.
func TestPrefixes(t *testing.T) {
	d, h := serve(t)
	f := func(path string, status int, want string) {
		t.Helper()
		got, body := get(t, h, path)
		if got != status || !regexp.MustCompile("^"+want+"\n$").MatchString(body) {
			t.Errorf("%s answers %d %s, want %d %s", path, got, body, status, want)
		}
	}
	f("/api/prefixes", 200, `{"depth":2,"prefixes":\[\],"total":0}`)
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	feed(t, d, "web.one.a 1\nweb.one.b 1\nweb.one.c 1\nweb.two.a 1\nweb.two.a 2\nweb.two.a 3\nweb.two.a 4\ndb.x 1\n")
	d.Close(context.Background())
	row := func(prefix, series string) string {
		return `{"prefix":"` + prefix + `","lines_per_second":[0-9.]+,"series":` + series + `,"growth_per_minute":[0-9.]+}`
	}
	one, two, db := row("web.one", "3"), row("web.two", "1"), row("db", "1")
	f("/api/prefixes", 200, `{"depth":2,"prefixes":\[`+two+`,`+one+`,`+db+`\],"total":3}`)
	f("/api/prefixes?sort=series&limit=1", 200, `{"depth":2,"prefixes":\[`+one+`\],"total":3}`)
	f("/api/prefixes?depth=1&sort=growth", 200, `{"depth":1,"prefixes":\[`+row("web", "4")+`,`+db+`\],"total":2}`)
	f("/api/prefixes?depth=3", 400, `{"error":"depth=3 is neither 1 nor 2"}`)
	f("/api/prefixes?sort=name", 400, `{"error":"\\"name\\" is no order: there are lines, series, growth"}`)
}
