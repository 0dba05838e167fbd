package ingest

import (
	"errors"
	"time"

	"plumbago/ingest/events"
	"plumbago/ingest/resp"
)

const (
	// answerTime is how long a client of RESP may take to take its answers in.
	answerTime = 10 * time.Second
	// mostWords is how many words a command may have: a hit of so many keys, nearly.
	mostWords = 1 << 16
	// answerSize is how many bytes of answers are written at once, about.
	answerSize = 64 << 10
)

// errQuit is what a reader ends with whose client said that it goes.
var errQuit = errors.New("the client quit")

// An eventSource makes samples of the keys that RESP clients count with, once in a while.
type eventSource struct {
	feeder
	store *events.Store
	emit  time.Duration
}

// run samples at the multiples of emit in Unix time until the listener stops.
func (e *eventSource) run() {
	for {
		next := time.Now().Truncate(e.emit).Add(e.emit)
		if !e.listener.pause(time.Until(next)) {
			return
		}
		lines := e.store.Lines(next)
		if !e.hand(func(yield func([]byte) bool) {
			for _, line := range lines {
				if !yield([]byte(line)) {
					return
				}
			}
		}) {
			return
		}
	}
}

// converse executes the commands that are whole in s's batch, and answers them.
func (s *stream) converse() error {
	b, now := s.batch, time.Now()
	rest, end := b.Bytes, error(nil)
	limits := resp.Limits{Words: mostWords, Bytes: s.listener.opts.MaxFrame}
	var answers []byte
	for end == nil {
		words, size, err := resp.Next(rest, s.words[:0], limits)
		if s.words = words[:0]; err != nil {
			answers, end = resp.AppendError(answers, "ERR "+err.Error()), errBroken
			break
		}
		if size == 0 {
			break
		}
		rest = rest[size:]
		if len(words) == 0 {
			continue
		}
		var quit bool
		if answers, quit = s.listener.events.Execute(words, now, answers); quit {
			end = errQuit
		}
		if len(answers) >= answerSize {
			if err := s.answer(answers); err != nil {
				end = err
			}
			answers = answers[:0]
		}
	}
	s.keep(rest)
	b.Free()
	s.release()
	if err := s.answer(answers); err != nil && end == nil {
		end = err
	}
	clear(s.words[:cap(s.words)]) // they are parts of the batch
	if cap(s.words) > maxIdleTail/16 {
		s.words = nil
	}
	return end
}

// answer writes answers to the client.
func (s *stream) answer(answers []byte) error {
	if len(answers) == 0 {
		return nil
	}
	_ = s.out.SetWriteDeadline(time.Now().Add(answerTime))
	_, err := s.out.Write(answers)
	return err
}
