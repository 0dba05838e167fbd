// Package resp reads the commands that Redis clients send, and writes the replies that they want: RESP 2. Bytes come in, the
// words of one command at a time go out; nothing is copied, and nothing is kept.
package resp

import (
	"bytes"
	"fmt"
	"strconv"
)

// A ProtocolError is why a client's stream has no next command. Its text is what Redis answers with before it closes the connection.
type ProtocolError string

func (e ProtocolError) Error() string { return "Protocol error: " + string(e) }

// Limits bound a command.
type Limits struct {
	Words int // that it may have
	Bytes int // that it may take, its framing included
}

// longestInline is the most that a command without lengths may take, as with Redis.
const longestInline = 64 << 10

// Next reads the first command of b, appends its words to words, which are parts of b, and returns them with the number of bytes that
// it takes; 0 if b has no whole one yet. A command without words, as an empty line is, is to be passed over. What was announced and has
// not come takes no memory.
func Next(b []byte, words [][]byte, l Limits) (_ [][]byte, size int, err error) {
	if len(b) == 0 {
		return words, 0, nil
	}
	if b[0] != '*' {
		return inline(b, words)
	}
	n, at, err := number(b, 1, "invalid multibulk length")
	switch {
	case err != nil || at == 0:
		return words, 0, err
	case n > int64(l.Words):
		return words, 0, ProtocolError("invalid multibulk length")
	case n <= 0:
		return words, at, nil
	}
	for ; n > 0; n-- {
		if at == len(b) {
			return words, 0, tooLong(b, l)
		}
		if b[at] != '$' {
			return words, 0, ProtocolError(fmt.Sprintf("expected '$', got %s", quoted(b[at])))
		}
		size, text, err := number(b, at+1, "invalid bulk length")
		switch {
		case err != nil:
			return words, 0, err
		case text == 0:
			return words, 0, tooLong(b, l)
		case size < 0 || size > int64(l.Bytes):
			return words, 0, ProtocolError("invalid bulk length")
		}
		at = text + int(size)
		if len(b) < at+2 {
			return words, 0, tooLong(b, l)
		}
		words = append(words, b[text:at])
		at += 2 // CRLF, which Redis does not look at
	}
	return words, at, nil
}

// tooLong refuses an unfinished command that is longer than any may be.
func tooLong(b []byte, l Limits) error {
	if len(b) > l.Bytes {
		return ProtocolError("too big a command")
	}
	return nil
}

// quoted writes a byte for a message.
func quoted(c byte) string {
	if c >= ' ' && c < 0x7f {
		return "'" + string(c) + "'"
	}
	return fmt.Sprintf("'\\x%02x'", c)
}

// longestNumber is the most digits that a length may have: none of more can be meant.
const longestNumber = 20

// number reads a decimal number that ends with CRLF, and where what follows it begins; at is 0 if its end has not come.
func number(b []byte, from int, what ProtocolError) (n int64, at int, err error) {
	end := bytes.IndexByte(b[from:], '\n')
	switch {
	case end < 0 && len(b)-from > longestNumber:
		return 0, 0, what
	case end < 0:
		return 0, 0, nil
	}
	digits := bytes.TrimSuffix(b[from:from+end], []byte{'\r'})
	n, err = strconv.ParseInt(string(digits), 10, 64)
	if err != nil || len(digits) > longestNumber {
		return 0, 0, what
	}
	return n, from + end + 1, nil
}

// inline reads a command that somebody typed: words between spaces, until the end of the line. In quotes a word may hold spaces.
func inline(b []byte, words [][]byte) (_ [][]byte, size int, err error) {
	end := bytes.IndexByte(b, '\n')
	switch {
	case end < 0 && len(b) > longestInline:
		return words, 0, ProtocolError("too big inline request")
	case end < 0:
		return words, 0, nil
	}
	line := bytes.TrimSuffix(b[:end], []byte{'\r'})
	for {
		line = bytes.TrimLeft(line, " \t")
		if len(line) == 0 {
			return words, end + 1, nil
		}
		word := line
		if q := line[0]; q == '"' || q == '\'' {
			close := bytes.IndexByte(line[1:], q)
			if close < 0 {
				return words, 0, ProtocolError("unbalanced quotes in request")
			}
			word, line = line[1:1+close], line[close+2:]
		} else {
			space := bytes.IndexAny(line, " \t")
			if space < 0 {
				space = len(line)
			}
			word, line = line[:space], line[space:]
		}
		words = append(words, word)
	}
}

// AppendSimple appends a status, as OK.
func AppendSimple(dst []byte, text string) []byte {
	return append(append(append(dst, '+'), text...), '\r', '\n')
}

// AppendError appends an error, whose first word is its kind, as ERR. It must have one line.
func AppendError(dst []byte, text string) []byte {
	return append(append(append(dst, '-'), text...), '\r', '\n')
}

// AppendInt appends a number.
func AppendInt(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, ':'), n, 10), '\r', '\n')
}

// AppendBulk appends a text of any bytes.
func AppendBulk[T string | []byte](dst []byte, text T) []byte {
	dst = append(strconv.AppendInt(append(dst, '$'), int64(len(text)), 10), '\r', '\n')
	return append(append(dst, text...), '\r', '\n')
}

// AppendBulkInt appends a number as a text.
func AppendBulkInt(dst []byte, n int64) []byte {
	var digits [20]byte
	return AppendBulk(dst, strconv.AppendInt(digits[:0], n, 10))
}

// AppendNull appends what stands for nothing.
func AppendNull(dst []byte) []byte { return append(dst, "$-1\r\n"...) }

// AppendArray appends the beginning of an array of n replies, which are to follow.
func AppendArray(dst []byte, n int) []byte {
	return append(strconv.AppendInt(append(dst, '*'), int64(n), 10), '\r', '\n')
}
