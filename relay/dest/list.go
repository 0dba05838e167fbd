package dest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"plumbago/carbon"
)

// A List is a list in a Redis server, as an endpoint names it: redis://user:password@host:6379/0?key=system, or with rediss:// over
// TLS. Further parameters are nid and gid: what records say of whose they are.
type List struct {
	Address string // HOST:PORT
	Key     string
	DB      int

	secure         bool
	user, password string
	nid, gid       string // decimal, or empty
}

// ParseList reads the URL of a list. What it says of one does not hold its password.
func ParseList(text string) (l List, err error) {
	scheme, _, _ := strings.Cut(text, "://")
	if l.secure = scheme == "rediss"; scheme != "redis" && !l.secure {
		return l, fmt.Errorf("it does not begin with redis:// or rediss://")
	}
	u, err := url.Parse(text)
	if err != nil {
		return l, fmt.Errorf("it is no URL: %w", errors.Unwrap(err))
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		return l, fmt.Errorf("it has no host")
	}
	if port == "" {
		port = "6379"
	}
	l.Address = net.JoinHostPort(host, port)
	if path := strings.Trim(u.Path, "/"); path != "" {
		if l.DB, err = strconv.Atoi(path); err != nil || l.DB < 0 {
			return l, fmt.Errorf("%q is no number of a database", path)
		}
	}
	l.user = u.User.Username()
	l.password, _ = u.User.Password()
	for name, values := range u.Query() {
		value := values[len(values)-1]
		switch name {
		case "key":
			l.Key = value
		case "nid":
			l.nid = value
		case "gid":
			l.gid = value
		default:
			return l, fmt.Errorf("there is no parameter %q", name)
		}
	}
	for name, value := range map[string]string{"nid": l.nid, "gid": l.gid} {
		if value != "" && !isID([]byte(value)) {
			return l, fmt.Errorf("%s=%s is no whole number", name, value)
		}
	}
	if l.Key == "" {
		return l, fmt.Errorf("it names no list: want ?key=NAME")
	}
	return l, nil
}

// Shown returns an endpoint as people may see it: without a password that it may have.
func Shown(endpoint string) string {
	if !strings.HasPrefix(endpoint, "redis://") && !strings.HasPrefix(endpoint, "rediss://") {
		return endpoint
	}
	if u, err := url.Parse(endpoint); err == nil {
		return u.Redacted()
	}
	scheme, _, _ := strings.Cut(endpoint, "://")
	return scheme + "://..."
}

// isID says whether text is a whole number as JSON writes it, short enough for everybody.
func isID(text []byte) bool {
	if len(text) == 0 || len(text) > 15 || len(text) > 1 && text[0] == '0' {
		return false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// A pointEncoder writes points as lines with times to the millisecond, which is what records are made of: which list they are for is
// known only at the endpoint.
type pointEncoder struct{ limit int }

// Append adds p as a line.
func (e *pointEncoder) Append(f *carbon.Frame, b *carbon.Batch, p *carbon.Point) bool {
	at := len(f.Bytes)
	out := append(append(f.Bytes, b.Name(p)...), ' ')
	out = append(appendJSONNumber(out, p.Value), ' ')
	out = strconv.AppendInt(out, floorDiv(p.Time, 1000), 10)
	if ms := p.Time - 1000*floorDiv(p.Time, 1000); ms != 0 {
		out = append(out, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	f.Bytes = append(out, '\n')
	if at > 0 && len(f.Bytes) > e.limit {
		f.Bytes = f.Bytes[:at]
		return false
	}
	f.Points++
	return true
}

// Finish has nothing to complete.
func (e *pointEncoder) Finish(*carbon.Frame) {}

// appendRecord appends the record of a line without its newline. A name below KEY becomes the record's node and field, as whoever
// takes records out of the list puts them together again: KEY.NID.FIELD, or KEY.FIELD. Any other name is the field as a whole, and so
// is one whose field would be taken for what a record says of itself.
func (l *List) appendRecord(dst, line []byte) []byte {
	end := bytes.LastIndexByte(line, ' ')
	mid := bytes.LastIndexByte(line[:end], ' ')
	field, nid := line[:mid], []byte(nil)
	if below, ok := bytes.CutPrefix(field, []byte(l.Key)); ok && len(below) > 1 && below[0] == '.' {
		below = below[1:]
		node, rest, ok := bytes.Cut(below, []byte("."))
		if ok = ok && isID(node); ok {
			below = rest
		}
		if !reserved(below) {
			field = below
			if ok {
				nid = node
			}
		}
	}
	dst = append(dst, `{"`...)
	if reserved(field) { // a name of one node, below no key
		dst = append(appendEscaped(dst, []byte(l.Key)), '.')
	}
	dst = appendEscaped(dst, field)
	dst = append(append(dst, `":`...), line[mid+1:end]...)
	dst = append(append(dst, `,"time":`...), line[end+1:]...)
	switch {
	case nid != nil:
		dst = append(append(dst, `,"nid":`...), nid...)
	case l.nid != "":
		dst = append(append(dst, `,"nid":`...), l.nid...)
	}
	if l.gid != "" {
		dst = append(append(dst, `,"gid":`...), l.gid...)
	}
	return append(dst, '}')
}

// reserved says whether a record says something of itself in the field.
func reserved(field []byte) bool {
	switch string(field) {
	case "time", "nid", "gid", "":
		return true
	}
	return false
}

// appendPush appends the command that pushes a record for each of lines, which are many in all, and room for one. It returns that room
// too, to be used again.
func (l *List) appendPush(dst, lines, room []byte) (_, _ []byte) {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(2+bytes.Count(lines, []byte("\n"))), 10)
	dst = append(dst, "\r\n"...)
	dst = appendWord(dst, []byte("RPUSH"))
	dst = appendWord(dst, []byte(l.Key))
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n')
		room = l.appendRecord(room[:0], lines[:end])
		dst = appendWord(dst, room)
		lines = lines[end+1:]
	}
	return dst, room
}

// appendWord appends a word of a command.
func appendWord(dst, word []byte) []byte {
	dst = append(dst, '$')
	dst = strconv.AppendInt(dst, int64(len(word)), 10)
	dst = append(dst, "\r\n"...)
	dst = append(dst, word...)
	return append(dst, "\r\n"...)
}

// greeting returns the commands that come first on a connection, and how many they are. Each is answered with a word.
func (l *List) greeting() (commands []byte, n int) {
	add := func(words ...string) {
		commands = append(commands, fmt.Sprintf("*%d\r\n", len(words))...)
		for _, w := range words {
			commands = appendWord(commands, []byte(w))
		}
		n++
	}
	switch {
	case l.password != "" && l.user != "":
		add("AUTH", l.user, l.password)
	case l.password != "":
		add("AUTH", l.password)
	}
	if l.DB != 0 {
		add("SELECT", strconv.Itoa(l.DB))
	}
	add("PING") // one that is loading its data says so
	return commands, n
}
