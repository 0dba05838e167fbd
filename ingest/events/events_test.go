package events

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// now is the clock of these tests, in Unix seconds.
const now = 1_700_000_000

// do runs a command of words between spaces and returns its reply on one line.
func do(s *Store, at int64, text string) string {
	var words [][]byte
	for _, word := range strings.Split(text, " ") {
		words = append(words, []byte(strings.ReplaceAll(word, "NUL", "\x00")))
	}
	out, _ := s.Execute(words, time.Unix(at, 0), nil)
	return strings.TrimSuffix(strings.ReplaceAll(string(out), "\r\n", " "), " ")
}

// TestCommands has what the original's clients see, with its mistakes put right.
func TestCommands(t *testing.T) {
	s := New(DefaultOptions())
	f := func(text, want string) {
		t.Helper()
		if got := do(s, now, text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("TAHIT 10 1 1000 a b", "*2 $1 1 $1 1")
	f("tahit 10 2 1005 a", "*1 $1 3")
	f("TAHIT 10 -5 1010 a", "*1 $2 -2")
	f("TAHIT 10 1 1000 a a", "*2 $2 -1 $1 0")
	f("TACALC 10 1010 a", ":0")
	f("TACALC 1010 b", ":1")
	f("TACALC 1190 b", ":1")
	f("TACALC 1200 b", ":0")
	f("TACALC 1000 none", "-ERR no such key")
	f("TACALC x a", "-ERR value is not an integer or out of range")
	f("TACALC 0 1000 a", "-ERR the interval must be from 1 to 4294967295 seconds")
	f("TACALC a", "-ERR wrong number of arguments for 'tacalc' command")
	f("TAHIT 0 1 1000 a", "-ERR the interval must be from 1 to 4294967295 seconds")
	f("TAHIT 10 1.5 1000 a", "-ERR value is not an integer or out of range")
	f("TAHIT 10 +1 1000 a", "-ERR value is not an integer or out of range")
	f("TAHIT 10 99999999999999999999 1000 a", "-ERR value is not an integer or out of range")
	f("TAHIT 10 1 1000", "-ERR wrong number of arguments for 'tahit' command")
	f(fmt.Sprintf("TAHIT 10 1 %d a", now+61), "-ERR the timestamp is too far ahead of the clock")
	f("TAHIT 10 1 9223372036854775807 a", "-ERR the timestamp is too far ahead of the clock")
	f("TAHIT 10 1 -1 a", "-ERR the timestamp is before 1970")
	f("TAHIT 10 1 1000 a", "*1 $1 1") // nothing was touched

	f("TUHIT 10 x 1000 u", "*1 $1 1")
	f("TUHIT 10 x 1010 u v", "*2 $1 2 $1 1")
	f("TUCALC 10 1010 u", "*2 $1 2 $4 1000")
	f("TUUPDATE 10 aNULbNULc 1000 w", "+OK")
	f("TUCALC 10 1000 w", "*2 $1 3 $4 1000")
	f("TUUPDATE 10 NULaNULNULdNUL 1000 w w2", "+OK")
	f("TUCALC 10 1000 w", "*2 $1 4 $4 1000")
	f("TUUPDATE 10 NUL 1000 w3", "+OK")
	f("TUCALC 0 1000 w", "-ERR the interval must be from 1 to 4294967295 seconds")
	f("TUCALC 10 1000 none", "-ERR no such key")

	wrong := "-WRONGTYPE Operation against a key holding the wrong kind of value"
	f("TUHIT 10 x 1000 a", wrong)
	f("TAHIT 10 1 1000 new u", wrong)
	f("EXISTS new", ":0") // none of the keys is touched
	f("TACALC 1000 u", wrong)
	f("TUCALC 10 1000 a", wrong)

	f("TTL a", ":-1")
	f("TAHITX 5 1 1000 x", "*1 $1 1")
	f("TTL x", ":100")
	f("TTL none", ":-2")
	f("TYPE a", "+unknown")
	f("TYPE none", "+none")
	f("DEL a none b", ":2")
	f("DBSIZE", ":6")
	f("PING", "+PONG")
	f("PING x", "$1 x")
	f("ECHO x", "$1 x")
	f("SELECT 0", "+OK")
	f("SELECT 1", "-ERR DB index is out of range")
	f("CLIENT SETINFO lib-name x", "+OK")
	f("COMMAND DOCS", "*0")
	f("CONFIG GET save", "*0")
	f("QUIT", "+OK")
	f("HELLO 3", "-ERR unknown command 'HELLO'")
	f("FOO\r\nBAR", `-ERR unknown command 'FOO\r\nBAR'`)
	f("AVERYLONGNAMETHATISNONE", "-ERR unknown command 'AVERYLONGNAMETHATISNONE'")
	if !strings.Contains(do(s, now, "INFO"), "db0:keys=6") {
		t.Error(do(s, now, "INFO"))
	}
	if _, quit := s.Execute([][]byte{[]byte("quit")}, time.Unix(now, 0), nil); !quit {
		t.Error("no end")
	}
}

// TestExpiry forgets keys of TAHITX in time, whatever their hits' times.
func TestExpiry(t *testing.T) {
	s := New(Options{TABuckets: 32, TUBuckets: 8, Emit: time.Second, MaxKeys: 10, MaxFuture: 0})
	f := func(at int64, text, want string) {
		t.Helper()
		if got := do(s, at, text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f(now, "TAHITX 5 1 1000 x", "*1 $1 1")
	f(now, "TTL x", ":160")
	f(now+100, "TAHIT 5 1 1000 x", "*1 $1 2")
	f(now+100, "TTL x", ":60")
	f(now+159, "TAHITX 5 1 1000 x", "*1 $1 3")
	f(now+318, "TTL x", ":1")
	f(now+319, "TTL x", ":-2")
	f(now+319, "TAHIT 5 1 1000 x", "*1 $1 1")
	f(now+319, "TTL x", ":-1")
	f(now, fmt.Sprintf("TAHIT 5 1 %d x", now+1), "-ERR the timestamp is too far ahead of the clock")
}

// TestMaxKeys refuses what would make too many keys as a whole.
func TestMaxKeys(t *testing.T) {
	o := DefaultOptions()
	o.MaxKeys = 2
	s := New(o)
	do(s, now, "TAHIT 1 1 1000 a")
	if got := do(s, now, "TAHIT 1 1 1000 a b c"); got != "-ERR too many keys: max_keys is 2" || do(s, now, "TACALC 1000 a") != ":1" {
		t.Error(got)
	}
	if got := do(s, now, "TAHIT 1 1 1000 a b"); got != "*2 $1 2 $1 1" {
		t.Error(got)
	}
	if st := s.Stats(); st != (Stats{Keys: 2, Commands: 4, Errors: 1, Hits: 3}) {
		t.Errorf("%+v", st)
	}
}

// TestLines makes lines of what the windows have, and none of what they have passed.
func TestLines(t *testing.T) {
	s := New(DefaultOptions())
	do(s, now, fmt.Sprintf("TAHIT 10 50 %d hits odd:key|x", now-5))
	do(s, now, fmt.Sprintf("TUUPDATE 10 aNULb %d users", now-20))
	do(s, now, fmt.Sprintf("TUUPDATE 10 bNULc %d users", now))
	do(s, now, fmt.Sprintf("TAHIT 5 50 %d odd_key;x", now-5))
	do(s, now, fmt.Sprintf("TUHIT 10 a %d us|ers", now))
	do(s, now, fmt.Sprintf("TUHIT 10 b %d us;ers", now))
	do(s, now, fmt.Sprintf("TUHIT 10 b %d us_ers", now))
	do(s, now, "TAHIT 10 1 1000 old")
	do(s, now-300, fmt.Sprintf("TAHITX 10 1 %d expired", now-299))
	got := strings.Join(s.Lines(time.Unix(now, 0)), "")
	want := fmt.Sprintf("hits.rate 0.25 %[1]d\nhits.sum 50 %[1]d\nodd_key_x.rate 0.75 %[1]d\nodd_key_x.sum 100 %[1]d\nus_ers.unique 2 %[1]d\nusers.unique 3 %[1]d\n", now)
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if do(s, now, "EXISTS expired old") != ":1" {
		t.Error("what has expired is there")
	}
}

// TestSave writes the keys down and takes them over.
func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.state")
	s := New(DefaultOptions())
	do(s, now, "TAHIT 10 7 1000 a")
	do(s, now, "TAHITX 10 8 1000 b")
	do(s, now, "TUUPDATE 10 aNULb 1000 u")
	if err := s.Save(path); err != nil {
		t.Fatal(err)
	}
	again := New(DefaultOptions())
	if left, err := again.Load(path); left != 0 || err != nil {
		t.Fatal(left, err)
	}
	for _, ask := range []string{"TAHIT 10 1 1010 a", "TTL b", "TACALC 1000 b", "TUCALC 10 1000 u", "TUHIT 10 a 1010 u", "DBSIZE"} {
		if got, want := do(again, now, ask), do(s, now, ask); got != want {
			t.Errorf("%s: %s, want %s", ask, got, want)
		}
	}
	o := DefaultOptions()
	o.TABuckets = 32
	if left, err := New(o).Load(path); left != 2 || err != nil {
		t.Errorf("%d keys of other buckets, %v", left, err)
	}
	if _, err := New(o).Load(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		bad := append([]byte(nil), text...)
		bad[i] ^= 0x40
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(DefaultOptions()).Load(path); err == nil && i >= 33 { // before it is when it was written
			t.Errorf("a wrong byte at %d is not noticed", i)
		}
	}
}

// TestTogether counts exactly, however many connections hit.
func TestTogether(t *testing.T) {
	s := New(DefaultOptions())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				do(s, now, "TAHIT 10 1 1000 a b")
			}
		})
	}
	wg.Wait()
	if got := do(s, now, "TAHIT 10 1 1000 a b"); got != "*2 $4 8001 $4 8001" {
		t.Error(got)
	}
}

// TestAllocations holds a hit to none.
func TestAllocations(t *testing.T) {
	words := [][]byte{[]byte("TAHIT"), []byte("10"), []byte("1"), []byte("1000"), []byte("a")}
	s := New(DefaultOptions())
	out := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { out, _ = s.Execute(words, time.Unix(now, 0), out[:0]) }); n != 0 {
		t.Errorf("%v allocations a hit", n)
	}
}

func BenchmarkHit(b *testing.B) {
	words := [][]byte{[]byte("TAHIT"), []byte("10"), []byte("1"), []byte("1000"), []byte("a")}
	s := New(DefaultOptions())
	out := make([]byte, 0, 64)
	at := time.Unix(now, 0)
	for b.Loop() {
		out, _ = s.Execute(words, at, out[:0])
	}
}
