package events

import (
	"fmt"
	"strings"

	"plumbago/ingest/resp"
)

// What clients ask any Redis for when they connect, and what one asks of keys by hand.

func ping(_ *Store, w [][]byte, _ int64, out []byte) []byte {
	if len(w) == 2 {
		return resp.AppendBulk(out, w[1])
	}
	return resp.AppendSimple(out, "PONG")
}

func ok(_ *Store, _ [][]byte, _ int64, out []byte) []byte { return resp.AppendSimple(out, "OK") }

// choose knows one database.
func choose(_ *Store, w [][]byte, _ int64, out []byte) []byte {
	if string(w[1]) != "0" {
		return resp.AppendError(out, "ERR DB index is out of range")
	}
	return resp.AppendSimple(out, "OK")
}

// client takes what clients say of themselves, and answers what they ask.
func client(_ *Store, w [][]byte, _ int64, out []byte) []byte {
	switch strings.ToUpper(string(w[1])) {
	case "GETNAME":
		return resp.AppendNull(out)
	case "ID":
		return resp.AppendInt(out, 1)
	case "SETNAME", "SETINFO", "NO-EVICT", "NO-TOUCH", "REPLY", "TRACKING":
		return resp.AppendSimple(out, "OK")
	}
	return resp.AppendError(out, "ERR unknown subcommand '"+safe(w[1])+"'")
}

// list names no command's particulars: clients do without.
func list(_ *Store, _ [][]byte, _ int64, out []byte) []byte { return resp.AppendArray(out, 0) }

// config has no parameter: redis-benchmark asks for some.
func config(_ *Store, w [][]byte, _ int64, out []byte) []byte {
	if strings.EqualFold(string(w[1]), "GET") {
		return resp.AppendArray(out, 0)
	}
	return resp.AppendError(out, "ERR unknown subcommand '"+safe(w[1])+"'")
}

func (s *Store) info(_ [][]byte, _ int64, out []byte) []byte {
	st := s.Stats()
	return resp.AppendBulk(out, fmt.Sprintf("# Server\r\nredis_version:7.0.0\r\nredis_mode:standalone\r\nserver_name:plumbago\r\n\r\n# Stats\r\ntotal_commands_processed:%d\r\ntotal_error_replies:%d\r\nhits:%d\r\nlate_hits:%d\r\n\r\n# Keyspace\r\ndb0:keys=%d\r\n",
		st.Commands, st.Errors, st.Hits, st.Late, st.Keys))
}

func (s *Store) del(w [][]byte, now int64, out []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int64(0)
	for _, key := range w[1:] {
		if s.find(key, now) != nil {
			delete(s.keys, string(key))
			s.changes.Add(1)
			n++
		}
	}
	return resp.AppendInt(out, n)
}

func (s *Store) exists(w [][]byte, now int64, out []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int64(0)
	for _, key := range w[1:] {
		if s.find(key, now) != nil {
			n++
		}
	}
	return resp.AppendInt(out, n)
}

// kind answers as the original does, whose types no client knows.
func (s *Store) kind(w [][]byte, now int64, out []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(w[1], now) == nil {
		return resp.AppendSimple(out, "none")
	}
	return resp.AppendSimple(out, "unknown")
}

func (s *Store) ttl(w [][]byte, now int64, out []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := s.find(w[1], now); {
	case e == nil:
		return resp.AppendInt(out, -2)
	case e.expires == 0:
		return resp.AppendInt(out, -1)
	default:
		return resp.AppendInt(out, e.expires-now)
	}
}

func (s *Store) size(_ [][]byte, _ int64, out []byte) []byte {
	return resp.AppendInt(out, s.Stats().Keys)
}
