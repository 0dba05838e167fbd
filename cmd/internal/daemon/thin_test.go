package daemon

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A page is where a log under test goes.
type page struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *page) Sync() error { return nil }

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *page) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Reset()
}

func newPage(format string) (*page, *zap.Logger, *kinds) {
	p := &page{}
	c := zap.NewProductionEncoderConfig()
	c.TimeKey = ""
	encoder := zapcore.NewJSONEncoder(c)
	if format == "console" {
		encoder = zapcore.NewConsoleEncoder(c)
	}
	t := newThinned(zapcore.NewCore(encoder, p, zapcore.InfoLevel))
	return p, zap.New(t), t.kinds
}

// Trouble that goes on is told a few times, then once in ten seconds with how often it came; each part's by itself.
func TestThinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, log, kinds := newPage("json")
		f := func(want ...string) {
			t.Helper()
			synctest.Wait()
			if got := p.String(); got != strings.Join(want, "") {
				t.Errorf("got:\n%swant:\n%s", got, strings.Join(want, ""))
			}
			p.Reset()
		}
		line := func(i int, more string) string {
			return fmt.Sprintf(`{"level":"warn","msg":"bad","i":%d%s}`+"\n", i, more)
		}
		for i := range 1000 {
			log.Warn("bad", zap.Int("i", i))
			log.Debug("bad")
		}
		f(line(0, ""), line(1, ""), line(2, ""), line(3, ""), line(4, ""))
		log.With(zap.String("endpoint", "a")).Warn("bad")
		log.With(zap.String("endpoint", "b")).Warn("bad")
		f(`{"level":"warn","msg":"bad","endpoint":"a"}`+"\n", `{"level":"warn","msg":"bad","endpoint":"b"}`+"\n")
		time.Sleep(thinWindow)
		f(line(999, `,"more":995,"within":10`))
		time.Sleep(time.Second)
		log.Warn("bad", zap.Int("i", 1000))
		f()
		time.Sleep(thinWindow)
		f(line(1000, `,"more":1,"within":10`))
		time.Sleep(thinWindow)
		log.Warn("bad", zap.Int("i", 1001))
		f(line(1001, ""))
		for i := range 6 {
			log.Warn("bad", zap.Int("i", i))
		}
		p.Reset()
		kinds.end()
		f(line(5, `,"more":2,"within":10`))
		for i := range 20 {
			log.Warn("bad", zap.Int("i", i))
		}
		if n := strings.Count(p.String(), "\n"); n != 20 {
			t.Errorf("%d lines at the end, want all 20", n)
		}
	})
}

// A hundred parts may tell of themselves at the start.
func TestThinnedStart(t *testing.T) {
	p, log, _ := newPage("json")
	for range 100 {
		log.Info("listening")
	}
	if n := strings.Count(p.String(), "\n"); n != 100 {
		t.Errorf("%d lines, want 100", n)
	}
}

// However many kinds of messages there are, those that have become quiet are forgotten.
func TestThinnedKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, log, kinds := newPage("json")
		for i := range 10 * mostKinds {
			log.Warn(fmt.Sprint(i))
			time.Sleep(thinWindow / mostKinds)
		}
		if n := len(kinds.by); n > 2*mostKinds {
			t.Errorf("%d kinds are kept in mind", n)
		}
	})
}

type words string

func (w words) String() string { return string(w) }

// No byte of a log is anything but printable ASCII and the ends of lines, whatever came from outside.
func FuzzPlain(f *testing.F) {
	for _, text := range []string{"", "plain", "a\nb", "\x1b[31m", "é\u202e\u009b", "\xff\xfe", `"quoted\"`, strings.Repeat("x", 2000), strings.Repeat("\n", 2000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []string{"json", "console"} {
			p, log, _ := newPage(format)
			log.Warn(text, zap.String("a", text), zap.Error(errors.New(text)), zap.Stringer("b", words(text)))
			got := p.String()
			for i := range got {
				if c := got[i]; (c < ' ' || c > '~') && c != '\t' && c != '\n' || c == '\n' && i != len(got)-1 {
					t.Fatalf("%q in %q", c, got)
				}
			}
			if len(got) > 5*(mostText+20)*2 {
				t.Fatalf("%d bytes", len(got))
			}
		}
	})
}
