package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"
)

// graphiteWeb is a program that gives what graphite-web answers to requests that are posted to it, over Whisper files with the
// points of series.
const graphiteWeb = `
import json, os, sys
asked = json.load(sys.stdin)
here = asked["dir"]
sys.path.insert(0, here)
with open(here + "/oracle.py", "w") as f:
    f.write("""
SECRET_KEY, TIME_ZONE, CARBONLINK_HOSTS = "none", "UTC", []
GRAPHITE_ROOT = STORAGE_DIR = LOG_DIR = CONF_DIR = STATIC_ROOT = %r
WHISPER_DIR, INDEX_FILE = STORAGE_DIR + "/whisper", STORAGE_DIR + "/index"
STANDARD_DIRS = [WHISPER_DIR]
DATABASES = {"default": {"NAME": ":memory:", "ENGINE": "django.db.backends.sqlite3"}}
""" % here)
os.environ.update(GRAPHITE_SETTINGS_MODULE="oracle", DJANGO_SETTINGS_MODULE="graphite.settings")
import django, whisper
for name, points in asked["series"].items():
    path = here + "/whisper/" + name.replace(".", "/") + ".wsp"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    whisper.create(path, [(10, 360)])
    whisper.update_many(path, points)
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", run_syncdb=True, verbosity=0)
client = Client()
answers = []
for path, form in asked["requests"]:
    answer = client.post(path, form, content_type="application/x-www-form-urlencoded")
    answers.append({"Status": answer.status_code, "Body": answer.content.decode()})
json.dump(answers, sys.stdout)
`

// asGrafana are requests as Grafana's Graphite data source posts them: its test, a panel's queries, its editor's and its
// variables'. base is the time of the first point, of one every 10 s.
func asGrafana(base int64) (requests [][2]string) {
	render := func(form string, a ...any) {
		requests = append(requests, [2]string{"/render", fmt.Sprintf(form, a...) + "&format=json"})
	}
	find := func(form string) { requests = append(requests, [2]string{"/metrics/find", form}) }
	render("target=constantLine(100)&from=%d&until=%d&maxDataPoints=1280", base-3600, base)
	render("target=web.load.max&from=%d&until=%d&maxDataPoints=1280", base-1, base+20)
	render("target=web.*.max&from=%d&until=%d&maxDataPoints=1280", base-30, base+85)
	render("target=web.%%7Bload%%2Creqs%%7D.avg&target=web.load.max&target=web.l*.*&from=%d&until=%d&maxDataPoints=1280", base-1, base+60)
	for most := range 7 {
		render("target=web.*.max&from=%d&until=%d&maxDataPoints=%d", base-41, base+64, most+1)
	}
	render("target=web.load.max&from=%d&until=%d&noNullPoints=true&maxDataPoints=1280", base-100, base+100)
	render("target=web.load.max&from=-6h&until=now&noNullPoints=true")
	clock := func(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("15:04_20060102") }
	render("target=web.reqs.max&from=%s&until=%s&maxDataPoints=1280", clock(base-60), clock(base+60))
	render("target=web.load.max&from=%d&until=%d", base+5, base+5)
	render("target=nobody.*&from=-6h&until=now&maxDataPoints=1280")
	for _, query := range []string{"*", "web.*", "web.load.*", "web.*.max", "web.load.max", "web.l*", "web.%7Bload%2Creqs%7D", "web", "nobody.*", "web.load.max.*", "*.*.a?g"} {
		find("query=" + query + "&from=-6h&until=now")
	}
	find("query=web.load.*&format=completer")
	find("query=web.*&format=treejson")
	return requests
}

// likeGraphite compares what a daemon answers with what graphite-web does that has the same points.
func (d *daemon) likeGraphite(base int64, series map[string][][2]float64) {
	d.t.Helper()
	if _, err := os.Stat("/usr/lib/python3/dist-packages/graphite/settings.py"); err != nil {
		if demand == "1" {
			d.t.Error("graphite-web is not installed (Debian package graphite-web)")
		}
		d.t.Log("not compared with graphite-web, which is not installed")
		return
	}
	requests := asGrafana(base)
	in, err := json.Marshal(map[string]any{"dir": d.t.TempDir(), "series": series, "requests": requests})
	if err != nil {
		d.t.Fatal(err)
	}
	var answers []struct {
		Status int
		Body   string
	}
	runPython(d.t, graphiteWeb, string(in), &answers)
	for i, r := range requests {
		resp, err := http.Post(d.admin+r[0], "application/x-www-form-urlencoded", strings.NewReader(r[1]))
		if err != nil {
			d.t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		var got, want any
		same := err == nil && resp.StatusCode == answers[i].Status && (resp.StatusCode != http.StatusOK || // errors have our own words
			json.Unmarshal(body, &got) == nil && json.Unmarshal([]byte(answers[i].Body), &want) == nil && reflect.DeepEqual(got, want))
		if !same {
			d.t.Errorf("POST %s %s:\n%d %s (%v), and graphite-web answers\n%d %s", r[0], r[1], resp.StatusCode, body, err, answers[i].Status, answers[i].Body)
		}
	}
}
