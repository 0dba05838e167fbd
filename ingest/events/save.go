package events

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"plumbago/aggregate/bucket"
	"plumbago/aggregate/state"
)

// stateVersion is that of the records below.
const stateVersion = 1

// The kinds of a record.
const (
	aSum = iota
	someValues
)

// Save writes the keys to a file, which is replaced as a whole, unless nothing has changed since it was written last. Each key is as it
// is at some moment while it is written.
func (s *Store) Save(path string) error {
	changes := s.changes.Load()
	if changes == s.saved.Load() {
		return nil
	}
	w, err := state.Create(path, stateVersion, time.Now())
	if err != nil {
		return err
	}
	for _, key := range s.names() {
		if record := s.record(key); record != nil {
			w.Record(record)
		}
	}
	if err := w.Commit(); err != nil {
		return err
	}
	s.saved.Store(changes)
	return nil
}

// names returns the keys there are.
func (s *Store) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := make([]string, 0, len(s.keys))
	for key := range s.keys {
		names = append(names, key)
	}
	return names
}

// record returns a key as a record, nil if it is gone.
func (s *Store) record(key string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.keys[key]
	switch {
	case e == nil:
		return nil
	case e.sum != nil:
		return e.sum.Append(head(aSum, key, e))
	}
	return e.values.Append(head(someValues, key, e))
}

func head(kind byte, key string, e *entry) []byte {
	return binary.AppendVarint(state.AppendText([]byte{kind}, key), e.expires)
}

// errKey is what a file's reading ends with that holds what Save does not write.
var errKey = errors.New("a key cannot be read")

// Load takes over the keys of a file. Those of another number of buckets are left out; it returns how many. If the file is not whole
// nothing is taken over, and the error says what is wrong; fs.ErrNotExist if there is none.
func (s *Store) Load(path string) (left int, err error) {
	keys := map[string]*entry{}
	_, err = state.Read(path, stateVersion, func(record []byte) error {
		kind := record[0]
		d := state.NewDecoder(record[1:])
		key := string(d.Text())
		e := &entry{expires: d.Int()}
		var err error
		switch kind {
		case aSum:
			e.sum = bucket.NewCount(s.o.TABuckets)
			err = e.sum.Decode(d)
		case someValues:
			e.values = bucket.NewUnique(s.o.TUBuckets)
			err = e.values.Decode(d)
		default:
			err = errKey
		}
		switch {
		case errors.Is(err, bucket.ErrBuckets) || int64(len(keys)) >= s.maxKeys.Load():
			left++
			return nil
		case err != nil:
			return fmt.Errorf("key %q: %w", key, err)
		}
		keys[key] = e
		return nil
	})
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.keys = keys
	s.mu.Unlock()
	return left, nil
}
