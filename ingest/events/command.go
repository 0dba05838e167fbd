package events

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbago/aggregate/bucket"
	"plumbago/ingest/resp"
)

// The errors that clients know from Redis.
const (
	errInteger   = "ERR value is not an integer or out of range"
	errNoKey     = "ERR no such key"
	errWrongType = "WRONGTYPE Operation against a key holding the wrong kind of value"
)

// A command is what one name does.
type command struct {
	least, most int // words, the name included; a most of 0 is any number
	run         func(s *Store, words [][]byte, now int64, out []byte) []byte
}

// commands are what there is, by name. TACALC is known with its interval and without, as the two versions of the original have it:
// the interval of the key's hits counts.
var commands = map[string]command{
	"TAHIT":    {5, 0, func(s *Store, w [][]byte, now int64, out []byte) []byte { return s.hit(w, now, false, out) }},
	"TAHITX":   {5, 0, func(s *Store, w [][]byte, now int64, out []byte) []byte { return s.hit(w, now, true, out) }},
	"TACALC":   {3, 4, (*Store).calc},
	"TUHIT":    {5, 0, (*Store).hitUnique},
	"TUUPDATE": {5, 0, (*Store).update},
	"TUCALC":   {4, 4, (*Store).calcUnique},

	"PING":    {1, 2, ping},
	"ECHO":    {2, 2, func(_ *Store, w [][]byte, _ int64, out []byte) []byte { return resp.AppendBulk(out, w[1]) }},
	"SELECT":  {2, 2, choose},
	"QUIT":    {1, 0, ok},
	"CLIENT":  {2, 0, client},
	"COMMAND": {1, 0, list},
	"CONFIG":  {2, 0, config},
	"INFO":    {1, 0, (*Store).info},
	"DEL":     {2, 0, (*Store).del},
	"UNLINK":  {2, 0, (*Store).del},
	"EXISTS":  {2, 0, (*Store).exists},
	"TYPE":    {2, 2, (*Store).kind},
	"TTL":     {2, 2, (*Store).ttl},
	"DBSIZE":  {1, 1, (*Store).size},
}

// Execute runs a command, appends its reply to out, and says whether the client wants to go. words are not kept.
func (s *Store) Execute(words [][]byte, now time.Time, out []byte) (_ []byte, quit bool) {
	s.commands.Add(1)
	before := len(out)
	name := words[0]
	c, known := lookUp(name)
	switch {
	case !known:
		out = resp.AppendError(out, "ERR unknown command '"+safe(name)+"'")
	case len(words) < c.least || c.most > 0 && len(words) > c.most:
		out = resp.AppendError(out, "ERR wrong number of arguments for '"+strings.ToLower(string(name))+"' command")
	default:
		out = c.run(s, words, now.Unix(), out)
	}
	if out[before] == '-' {
		s.errors.Add(1)
	}
	return out, known && len(name) == 4 && strings.EqualFold(string(name), "QUIT")
}

// lookUp finds a command by its name in any case.
func lookUp(name []byte) (c command, ok bool) {
	var upper [16]byte
	if len(name) > len(upper) {
		return c, false
	}
	for i, b := range name {
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		upper[i] = b
	}
	c, ok = commands[string(upper[:len(name)])]
	return c, ok
}

// safe returns the beginning of outside text as an error may have it.
func safe(text []byte) string {
	q := strconv.QuoteToASCII(string(text[:min(len(text), 64)]))
	return q[1 : len(q)-1]
}

// maxInterval is the longest interval in seconds: as long as Unix time is in 32 bits.
const maxInterval = math.MaxUint32

// integers reads whole numbers, as Redis does.
func integers(words ...[]byte) (n [3]int64, ok bool) {
	for i, w := range words {
		var err error
		if n[i], err = strconv.ParseInt(string(w), 10, 64); err != nil || w[0] == '+' {
			return n, false
		}
	}
	return n, true
}

// when checks an interval and the time of a hit; it returns what is wrong with them, "" if nothing is.
func (s *Store) when(interval, at, now int64) string {
	switch {
	case interval < 1 || interval > maxInterval:
		return "ERR the interval must be from 1 to 4294967295 seconds"
	case at > now+s.maxSeconds.Load():
		return "ERR the timestamp is too far ahead of the clock"
	case at < 0:
		return "ERR the timestamp is before 1970"
	}
	return ""
}

// entries appends the entries of keys to all, those that are new too, if all of them are of the right kind and have room; else it says
// what is wrong. The lock is held.
func (s *Store) entries(all []*entry, keys [][]byte, now int64, fits func(*entry) bool, young func() *entry) (_ []*entry, wrong string) {
	missing := 0
	all = slices.Grow(all, len(keys))[:len(keys)]
	for i, key := range keys {
		if all[i] = s.find(key, now); all[i] == nil {
			missing++
		} else if !fits(all[i]) {
			return nil, errWrongType
		}
	}
	if most := s.maxKeys.Load(); missing > 0 && int64(len(s.keys)+missing) > most {
		return nil, "ERR too many keys: max_keys is " + strconv.FormatInt(most, 10)
	}
	s.changes.Add(1)
	for i, key := range keys {
		if all[i] == nil {
			if all[i] = s.keys[string(key)]; all[i] == nil { // it may be there twice
				all[i] = young()
				s.keys[string(key)] = all[i]
			}
		}
	}
	return all, ""
}

func (s *Store) hit(w [][]byte, now int64, expire bool, out []byte) []byte {
	n, ok := integers(w[1], w[2], w[3])
	if !ok {
		return resp.AppendError(out, errInteger)
	}
	interval, by, at := n[0], n[1], n[2]
	if wrong := s.when(interval, at, now); wrong != "" {
		return resp.AppendError(out, wrong)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var few [8]*entry
	all, wrong := s.entries(few[:0], w[4:], now, func(e *entry) bool { return e.sum != nil }, func() *entry {
		return &entry{sum: bucket.NewCount(s.o.TABuckets)}
	})
	if wrong != "" {
		return resp.AppendError(out, wrong)
	}
	out = resp.AppendArray(out, len(all))
	for _, e := range all {
		s.count(e.sum.Add(interval, at, by))
		if expire {
			e.expires = now + e.sum.Span()
		}
		out = resp.AppendBulkInt(out, e.sum.Sum())
	}
	return out
}

// count counts a hit.
func (s *Store) count(taken bool) {
	s.hits.Add(1)
	if !taken {
		s.late.Add(1)
	}
}

func (s *Store) calc(w [][]byte, now int64, out []byte) []byte {
	numbers, key := w[1:len(w)-1], w[len(w)-1]
	n, ok := integers(numbers...)
	switch {
	case !ok:
		return resp.AppendError(out, errInteger)
	case len(numbers) == 2 && (n[0] < 1 || n[0] > maxInterval):
		return resp.AppendError(out, s.when(n[0], 0, now))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := s.find(key, now); {
	case e == nil:
		return resp.AppendError(out, errNoKey)
	case e.sum == nil:
		return resp.AppendError(out, errWrongType)
	default:
		return resp.AppendInt(out, e.sum.At(n[len(numbers)-1]))
	}
}

// unique has keys take values, and appends what reply does for each of them.
func (s *Store) unique(w [][]byte, now int64, values [][]byte, out []byte, reply func([]*entry, []byte) []byte) []byte {
	n, ok := integers(w[1], w[3])
	if !ok {
		return resp.AppendError(out, errInteger)
	}
	interval, at := n[0], n[1]
	if wrong := s.when(interval, at, now); wrong != "" {
		return resp.AppendError(out, wrong)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var few [8]*entry
	all, wrong := s.entries(few[:0], w[4:], now, func(e *entry) bool { return e.values != nil }, func() *entry {
		return &entry{values: bucket.NewUnique(s.o.TUBuckets)}
	})
	if wrong != "" {
		return resp.AppendError(out, wrong)
	}
	for _, e := range all {
		for _, value := range values {
			s.count(e.values.Add(interval, at, value))
		}
	}
	return reply(all, out)
}

func (s *Store) hitUnique(w [][]byte, now int64, out []byte) []byte {
	return s.unique(w, now, w[2:3], out, func(all []*entry, out []byte) []byte {
		out = resp.AppendArray(out, len(all))
		for _, e := range all {
			out = resp.AppendBulkInt(out, e.values.Sum())
		}
		return out
	})
}

// update takes many values, with a NUL between two. Empty ones are none: a NUL more or less changes nothing.
func (s *Store) update(w [][]byte, now int64, out []byte) []byte {
	var values [][]byte
	for value := range bytes.SplitSeq(w[2], []byte{0}) {
		if len(value) > 0 {
			values = append(values, value)
		}
	}
	return s.unique(w, now, values, out, func(_ []*entry, out []byte) []byte { return resp.AppendSimple(out, "OK") })
}

func (s *Store) calcUnique(w [][]byte, now int64, out []byte) []byte {
	n, ok := integers(w[1], w[2])
	switch {
	case !ok:
		return resp.AppendError(out, errInteger)
	case n[0] < 1 || n[0] > maxInterval:
		return resp.AppendError(out, s.when(n[0], 0, now))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := s.find(w[3], now); {
	case e == nil:
		return resp.AppendError(out, errNoKey)
	case e.values == nil:
		return resp.AppendError(out, errWrongType)
	default:
		out = resp.AppendArray(out, 2)
		out = resp.AppendBulkInt(out, e.values.At(n[1]))
		return resp.AppendBulkInt(out, e.values.Created())
	}
}
