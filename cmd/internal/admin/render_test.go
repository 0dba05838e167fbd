package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// What Graphite would answer, from what is kept: three points of web.a1 from 1000000000 on, every 10 s.
func TestRender(t *testing.T) {
	h := remembering(t)
	f := func(path string, status int, want string) {
		t.Helper()
		got, body := get(t, h, path)
		if got != status || strings.TrimSpace(body) != want {
			t.Errorf("%s answers %d %s, want %d %s", path, got, body, status, want)
		}
	}
	const stretch = "&from=999999995&until=1000000035"
	const a1 = `{"target":"web.a1.max","tags":{"name":"web.a1.max"},"datapoints":[[1,1000000000],[2,1000000010],[4,1000000020],[null,1000000030]]}`
	const a2 = `{"target":"web.a2.max","tags":{"name":"web.a2.max"},"datapoints":[[10,1000000000],[null,1000000010],[null,1000000020],[null,1000000030]]}`
	f("/render?format=json&target=web.a1.max&from=999999990&until=1000000035", 200, `[`+a1+`]`)
	f("/render/?target=web.a*.max&from=999999990&until=1000000035", 200, `[`+a1+`,`+a2+`]`)
	f("/render?target=web.a2.max&target=web.{b,a1}.max&target=..web..a2.max&from=999999990&until=1000000035", 200,
		`[`+a2+`,`+a1+`,{"target":"web.b.max","tags":{"name":"web.b.max"},"datapoints":[[null,1000000000],[5,1000000010],[null,1000000020],[null,1000000030]]},`+a2+`]`)
	f("/render?target=web.a1.max&noNullPoints=true&from=999999995&until=1000000035", 200, `[{"target":"web.a1.max","tags":{"name":"web.a1.max"},"datapoints":[[1,1000000000],[2,1000000010],[4,1000000020]]}]`)
	f("/render?target=web.a1.max&from=1000000000&until=1000000019", 200, `[{"target":"web.a1.max","tags":{"name":"web.a1.max"},"datapoints":[[2,1000000010]]}]`)
	f("/render?target=web.a1.1m.max&from=999999900&until=1000000035", 200, `[{"target":"web.a1.1m.max","tags":{"name":"web.a1.1m.max"},"datapoints":[[2,999999960],[4,1000000020]]}]`)
	f("/render?target=web.a1.max&maxDataPoints=2&from=999999960&until=1000000040", 200, `[{"target":"web.a1.max","tags":{"name":"web.a1.max"},"datapoints":[[2.3333333333333335,1000000000],[null,1000000040]]}]`)
	f("/render?target=web.a1.max&maxDataPoints=1&from=999999990&until=1000000040", 200, `[{"target":"web.a1.max","tags":{"name":"web.a1.max"},"datapoints":[[2.3333333333333335,1000000000]]}]`)
	f("/render?target=constantLine(1.5)&from=1000&until=1010", 200, `[{"target":"1.5","tags":{"name":"1.5"},"datapoints":[[1.5,1000],[1.5,1005],[1.5,1010]]}]`)
	f("/render?target=nobody&from=-1h", 200, `[]`)
	f("/render?format=csv&target=web.a1.max&from=999999995&until=1000000019", 200, "web.a1.max,2001-09-09 01:46:40,1\r\nweb.a1.max,2001-09-09 01:46:50,2")
	f("/render?format=raw&target=web.a1.max"+stretch, 200, "web.a1.max,1000000000,1000000040,10|1,2,4,None")
	f("/render", 400, `{"error":"which series? (?target=a.b.avg, also a.*.avg, also several)"}`)
	f("/render?target=sumSeries(a.*)", 400, `{"error":"sumSeries() is not computed here: names and globs are answered, and carbonapi or graphite-web compute functions of them"}`)
	f("/render?target=constantLine(x)", 400, `{"error":"constantLine() is not computed here: names and globs are answered, and carbonapi or graphite-web compute functions of them"}`)
	f("/render?target=a[", 400, `{"error":"the glob \"a[\": the [ at byte 2 is not closed"}`)
	f("/render?target=a&from=soon", 400, `{"error":"from: \"soon\" is no time (write Unix seconds, now, -1h or 14:30_20260131)"}`)
	f("/render?target=a&from=-1h&until=-2h", 400, `{"error":"from is not earlier than until"}`)
	f("/render?target=a&format=png", 400, `{"error":"format=png is not made here: there are json, csv, raw and msgpack"}`)
	f("/render?target=a&format=carbonapi_v3_pb", 400, `{"error":"format=carbonapi_v3_pb is not spoken here: let carbonapi's backend have protocol: msgpack"}`)
	f("/render?target=a&maxDataPoints=many", 400, `{"error":"maxDataPoints=many is no number of points"}`)
	f("/render?target=web.a1.max&from=0", 400, `{"error":"that would be more than 5000000 points: ask for less time, or for fewer series"}`)
}

// Grafana posts its questions.
func TestRenderPosted(t *testing.T) {
	h := remembering(t)
	f := func(path, body string, status int, want string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status || !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("POST %s %.100s answers %d %s, want %d %s", path, body, w.Code, w.Body, status, want)
		}
	}
	f("/render", url.Values{"target": {"web.a1.avg"}, "from": {"999999995"}, "until": {"1000000019"}, "format": {"json"}, "maxDataPoints": {"1280"}}.Encode(), 200,
		`[{"target":"web.a1.avg","tags":{"name":"web.a1.avg"},"datapoints":[[1,1000000000],[2,1000000010]]}]`)
	f("/metrics/find", "query=web.*", 200, `[{"allowChildren":1,"expandable":1,"leaf":0,"id":"web.a1","text":"a1"},`)
	f("/render", fmt.Sprintf("target=%02000000d", 0), 400, `{"error":"reading the form: `)
}

// The tree of names, in the forms that are asked for.
func TestFind(t *testing.T) {
	h := remembering(t)
	f := func(query string, status int, want string) {
		t.Helper()
		got, body := get(t, h, "/metrics/find?"+query)
		if got != status || strings.TrimSpace(body) != want {
			t.Errorf("%s answers %d %s, want %d %s", query, got, body, status, want)
		}
	}
	f("query=*&format=completer", 200, `{"metrics":[{"path":"hidden.","name":"hidden","is_leaf":"0"},{"path":"web.","name":"web","is_leaf":"0"}]}`)
	f("query=web.a1.a&format=completer", 200, `{"metrics":[{"path":"web.a1.avg","name":"avg","is_leaf":"1"}]}`)
	f("query=web.a1.*", 200, `[{"allowChildren":1,"expandable":1,"leaf":0,"id":"web.a1.1m","text":"1m"},`+
		`{"allowChildren":0,"expandable":0,"leaf":1,"id":"web.a1.avg","text":"avg"},{"allowChildren":0,"expandable":0,"leaf":1,"id":"web.a1.max","text":"max"}]`)
	f("query=web.*.m?x&format=treejson", 200, `[{"allowChildren":0,"expandable":0,"leaf":1,"id":"web.*.max","text":"max"}]`)
	f("query=web.a1.avg.*", 200, `[]`)
	f("query=nobody", 200, `[]`)
	f("query=we*&format=json", 200, `[{"path":"web","is_leaf":false}]`)
	f("query=web.b", 200, `[{"allowChildren":1,"expandable":1,"leaf":0,"id":"web.b","text":"b"}]`)
	f("", 400, `{"error":"which nodes? (?query=a.*)"}`)
	f("query=a[", 400, `{"error":"the glob \"a[\": the [ at byte 2 is not closed"}`)
	f("query=a&format=pickle", 400, `{"error":"format=pickle is not made here: there are treejson, completer, json and msgpack"}`)
}
