package events

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"plumbago/aggregate/bucket"
)

// Options are the keys of [listen.resp].
type Options struct {
	// How many buckets a sum is over (TAHIT): its window is so many intervals long.
	TABuckets int `toml:"ta_buckets"`
	// How many buckets a number of different values is over (TUHIT).
	TUBuckets int `toml:"tu_buckets"`
	// How often each key becomes samples: {key}.sum and {key}.rate, or {key}.unique, at multiples of it in Unix time. A key whose
	// window has nothing left is passed over.
	Emit time.Duration `toml:"emit"`
	// How many keys there may be. A command that would make one more is refused, and so are its other keys.
	MaxKeys int `toml:"max_keys"`
	// How far ahead of the clock the time of a hit may be. One beyond it is refused: it would end the window for all others.
	MaxFuture time.Duration `toml:"max_future"`
}

// DefaultOptions are the defaults of [listen.resp].
func DefaultOptions() Options {
	return Options{TABuckets: 20, TUBuckets: 6, Emit: 10 * time.Second, MaxKeys: 100_000, MaxFuture: time.Minute}
}

// MaxBuckets is the most buckets that a window may have.
const MaxBuckets = 10_000

// Check returns what is wrong with a key of o, and which; "" if nothing is.
func (o Options) Check() (key, msg string) {
	buckets := fmt.Sprintf("must be from 1 to %d", MaxBuckets)
	switch {
	case o.TABuckets < 1 || o.TABuckets > MaxBuckets:
		return "ta_buckets", buckets
	case o.TUBuckets < 1 || o.TUBuckets > MaxBuckets:
		return "tu_buckets", buckets
	case o.Emit < time.Second:
		return "emit", "must be at least a second"
	case o.MaxKeys < 1:
		return "max_keys", "must be at least 1"
	case o.MaxFuture < 0:
		return "max_future", "must be 0 or more"
	}
	return "", ""
}

// Stats are a store's figures.
type Stats struct {
	Keys     int64 `json:"keys"`
	Commands int64 `json:"commands"`
	Errors   int64 `json:"errors"` // commands that were refused
	Hits     int64 `json:"hits"`   // a hit of three keys is three
	Late     int64 `json:"late"`   // hits that the window had passed
}

// A Store holds the keys.
type Store struct {
	o                   Options // the buckets are what they are; for the rest see Adjust
	maxKeys, maxSeconds atomic.Int64

	mu   sync.Mutex // guards keys and what they hold
	keys map[string]*entry

	commands, errors, hits, late atomic.Int64
	changes, saved               atomic.Int64 // of the keys, in all and when they were written down last
}

// An entry is a key: a sum, or different values.
type entry struct {
	sum     *bucket.Count
	values  *bucket.Unique
	expires int64 // Unix seconds; 0 is never
}

// New returns an empty store.
func New(o Options) *Store {
	s := &Store{o: o, keys: map[string]*entry{}}
	s.Adjust(o)
	return s
}

// Adjust has the store follow other options. It reports false, and does nothing, if its windows are made of other buckets.
func (s *Store) Adjust(o Options) bool {
	if o.TABuckets != s.o.TABuckets || o.TUBuckets != s.o.TUBuckets {
		return false
	}
	s.maxKeys.Store(int64(o.MaxKeys))
	s.maxSeconds.Store(int64(o.MaxFuture / time.Second))
	return true
}

// Stats returns the store's figures.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	n := len(s.keys)
	s.mu.Unlock()
	return Stats{Keys: int64(n), Commands: s.commands.Load(), Errors: s.errors.Load(), Hits: s.hits.Load(), Late: s.late.Load()}
}

// find returns a key that has not expired, or nil. The lock is held.
func (s *Store) find(key []byte, now int64) *entry {
	e := s.keys[string(key)]
	if e != nil && e.expires != 0 && e.expires <= now {
		delete(s.keys, string(key))
		s.changes.Add(1)
		return nil
	}
	return e
}

// Lines returns a line for each figure of each key as of a time, and forgets the keys that have expired. What is in a key but cannot
// be in a metric's name becomes '_'; keys that have one name then are one there: their sums and rates are added up, their values
// united.
func (s *Store) Lines(at time.Time) (lines []string) {
	type counted struct {
		sum  int64
		rate float64
	}
	now, sums, values := at.Unix(), map[string]counted{}, map[string][]*bucket.Unique{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, e := range s.keys {
		switch {
		case e.expires != 0 && e.expires <= now:
			delete(s.keys, key)
			s.changes.Add(1)
		case e.sum != nil && !e.sum.Gone(now):
			n, all := name(key), e.sum.At(now)
			c := sums[n]
			sums[n] = counted{c.sum + all, c.rate + float64(all)/float64(e.sum.Span())}
		case e.values != nil && !e.values.Gone(now):
			n := name(key)
			values[n] = append(values[n], e.values)
		}
	}
	for n, c := range sums {
		lines = append(lines, line(n, ".sum", strconv.FormatInt(c.sum, 10), now), line(n, ".rate", strconv.FormatFloat(c.rate, 'g', -1, 64), now))
	}
	for n, all := range values {
		lines = append(lines, line(n, ".unique", strconv.FormatInt(bucket.Union(now, all...), 10), now))
	}
	slices.Sort(lines) // the order of a map is anybody's
	return lines
}

func line(name, suffix, value string, now int64) string {
	return name + suffix + " " + value + " " + strconv.FormatInt(now, 10) + "\n"
}

// name returns a key as a name that a line can hold.
func name(key string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !strconv.IsPrint(r) || r == ':' || r == '|' || r == ';' {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(key, "_"))
}
