package e2e

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A stampedName is what a store keeps one value under.
type stampedName struct {
	name string
	time int64
}

// A word is what was said under a name and time: the last value, and how often there was one.
type word struct {
	v     float64
	times int
}

// Words are a plaintext endpoint that keeps points as a store does: under each name and time the last value.
type words struct {
	*sink
	each func(p point) // sees every point as it comes, if there is one

	mu    sync.Mutex
	names map[string]string // each name once, since lines are kept by nobody
	said  map[stampedName]word
	odd   []string          // lines that are none
	at    map[string]string // which of several endpoints got a name
}

// newWords opens an endpoint that keeps last words.
func newWords(t *testing.T, each func(p point)) *words {
	w := &words{each: each}
	w.forget()
	w.sink = w.endpoint(t)
	return w
}

// endpoint opens a further endpoint of the same words.
func (w *words) endpoint(t *testing.T) *sink {
	s := &sink{t: t, conns: map[net.Conn]bool{}, read: func(s *sink, c io.Reader, _ <-chan struct{}) { w.listen(s, c) }}
	s.open(someAddr(t), 0)
	t.Cleanup(s.close)
	return s
}

// forget drops what was said so far.
func (w *words) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names, w.said, w.odd, w.at = map[string]string{}, map[stampedName]word{}, nil, map[string]string{}
}

// listen reads one connection to its end.
func (w *words) listen(s *sink, c io.Reader) {
	for lines := bufio.NewScanner(bufio.NewReaderSize(c, 256<<10)); lines.Scan(); {
		w.take(s.addr, lines.Text())
	}
}

func (w *words) take(addr, line string) {
	name, rest, _ := strings.Cut(line, " ")
	value, stamp, _ := strings.Cut(rest, " ")
	v, err := strconv.ParseFloat(value, 64)
	at, err2 := strconv.ParseInt(stamp, 10, 64)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || err2 != nil {
		w.odd = append(w.odd, line)
		return
	}
	kept, known := w.names[name]
	if !known {
		kept = strings.Clone(name)
		w.names[kept], w.at[kept] = kept, addr
	} else if w.at[kept] != addr {
		w.odd = append(w.odd, line+" at "+addr+" and "+w.at[kept])
	}
	key := stampedName{kept, at}
	w.said[key] = word{v, w.said[key].times + 1}
	if w.each != nil {
		w.each(point{kept, v, at})
	}
}

// last returns the last value under a name and time.
func (w *words) last(name string, at int64) (v float64, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	said, ok := w.said[stampedName{name, at}]
	return said.v, ok
}

// A claim is that the words about one series are those of a tree and these readings, and nothing else.
type claim struct {
	tree   *tree
	series string
	rs     []reading
}

// hold waits until the last word on everything is what claims say, and fails with what is wrong if that does not come.
// It returns how many words there are.
func (w *words) hold(t *testing.T, claims []claim) int {
	t.Helper()
	want, least := map[stampedName]result{}, 0
	for _, c := range claims {
		maps.Copy(want, c.tree.results(c.series, c.rs))
	}
	for _, r := range want {
		if !r.tail {
			least++
		}
	}
	var wrong []string
	var many int
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		late := time.Now().After(deadline)
		said, odd := w.sofar(least, late)
		if said != nil {
			if wrong, many = compareWords(said, want); many == 0 && len(odd) == 0 {
				return len(said)
			}
		}
		if late {
			t.Fatalf("of %d words %d are wrong (odd lines: %q):\n%s", least, many, odd, strings.Join(wrong, "\n"))
		}
	}
}

// sofar returns what was said if that is at least so many words, or anyway.
func (w *words) sofar(least int, anyway bool) (said map[stampedName]word, odd []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.said) < least && !anyway {
		return nil, nil
	}
	return maps.Clone(w.said), w.odd
}

// compareWords describes some of what differs.
func compareWords(said map[stampedName]word, want map[stampedName]result) (some []string, many int) {
	tell := func(format string, args ...any) {
		if many++; len(some) < 20 {
			some = append(some, fmt.Sprintf(format, args...))
		}
	}
	for key, r := range want {
		switch got, ok := said[key]; {
		case !ok && !r.tail:
			tell("missing %s %v %d", key.name, r.v, key.time)
		case ok && !r.near(got.v):
			tell("%s %v %d (said %d times), want %v of %d samples", key.name, got.v, key.time, got.times, r.v, r.of)
		}
	}
	for key, got := range said {
		if _, ok := want[key]; !ok {
			tell("unexpected %s %v %d", key.name, got.v, key.time)
		}
	}
	return some, many
}

// twice returns some of the words that were said more than once.
func (w *words) twice() (some []string, many int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, said := range w.said {
		if said.times > 1 {
			if many++; len(some) < 5 {
				some = append(some, fmt.Sprintf("%s %d (%d times)", key.name, key.time, said.times))
			}
		}
	}
	return some, many
}
