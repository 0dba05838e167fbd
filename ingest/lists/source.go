package lists

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Source is one list.
type Source struct {
	key    string
	own    string // the list of what is not acknowledged; empty without acknowledgements
	client *redis.Client

	held int64 // how many records of own were popped, and are to be acknowledged
	left int64 // how long own was before that; -1 if nobody knows
}

// patience is how long Redis may take for anything.
const patience = 5 * time.Second

// New returns the list that a URL names, as redis://user:password@host:6379/0?key=system, or with rediss:// over TLS. It connects when
// it is used. With ack its records are to be acknowledged.
func New(text string, ack bool) (*Source, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no URL: %w", text, errors.Unwrap(err))
	}
	q := u.Query()
	key := q.Get("key")
	if key == "" {
		return nil, fmt.Errorf("%q names no list: want ?key=NAME", u.Redacted())
	}
	q.Del("key")
	u.RawQuery = q.Encode()
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("%q: %w", u.Redacted(), err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = patience, patience, patience
	o.PoolSize, o.MaxRetries = 1, -1 // who asks again is the caller, who knows what was done
	s := &Source{key: key, client: redis.NewClient(o), left: -1}
	if ack {
		s.own = key + ":plumbago"
	}
	return s, nil
}

// Key returns the name of the list.
func (s *Source) Key() string { return s.key }

// Close closes the connection.
func (s *Source) Close() error { return s.client.Close() }

// most is how many records are popped at once where they are acknowledged.
const most = 1000

// Pop returns the oldest records: all there are, or with acknowledgements up to a thousand, which Acknowledge must follow. None is no
// error.
func (s *Source) Pop(ctx context.Context) (records []string, err error) {
	if s.own == "" {
		return s.take(ctx)
	}
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	n, err := s.client.LLen(ctx, s.own).Result()
	if err != nil {
		return nil, err
	}
	if n == 0 {
		// The list becomes our own as a whole; its senders begin a new one.
		if err := s.client.RenameNX(ctx, s.key, s.own).Err(); missing(err) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		if n, err = s.client.LLen(ctx, s.own).Result(); err != nil {
			return nil, err
		}
	}
	records, err = s.client.LRange(ctx, s.own, 0, most-1).Result()
	if err != nil {
		return nil, err
	}
	s.held, s.left = int64(len(records)), n
	return records, nil
}

// missing says whether an error is Redis's answer to a key that is not there.
func missing(err error) bool { return err != nil && strings.Contains(err.Error(), "no such key") }

// take takes all records out in one transaction.
func (s *Source) take(ctx context.Context) ([]string, error) {
	var all *redis.StringSliceCmd
	_, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		all = p.LRange(ctx, s.key, 0, -1)
		p.Del(ctx, s.key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all.Result()
}

// Acknowledge removes what Pop returned last. If it fails it is done before the next Pop, and never twice.
func (s *Source) Acknowledge(ctx context.Context) error {
	if s.own == "" {
		return nil
	}
	return s.settle(ctx)
}

// settle removes what was popped from the list of its own, unless an answer that was lost has hidden that this is done: nobody else
// makes the list shorter.
func (s *Source) settle(ctx context.Context) error {
	if s.held == 0 {
		return nil
	}
	n, err := s.client.LLen(ctx, s.own).Result()
	if err != nil {
		return err
	}
	if n == s.left {
		if err := s.client.LTrim(ctx, s.own, s.held, -1).Err(); err != nil {
			return err
		}
	}
	s.held, s.left = 0, -1
	return nil
}
