package convert

import (
	"fmt"
	"strings"
)

// A word is a token of carbon-c-relay's language.
type word struct {
	text   string
	quoted bool // it stands for itself, never for a keyword
	at     Place
	column int
}

// is says whether w is one of these keywords.
func (w word) is(keywords ...string) bool {
	for _, k := range keywords {
		if !w.quoted && w.text == k {
			return true
		}
	}
	return false
}

// show names a word in a message.
func (w word) show() string {
	if w.text == "" && !w.quoted {
		return "the end of the file"
	}
	return fmt.Sprintf("%q", w.text)
}

// relayWords cuts a text into words. "#" begins a comment anywhere outside quotes; in them a backslash keeps the next character.
func relayWords(name, text string) (words []word, err error) {
	line, start := 1, 0
	for i := 0; i < len(text); {
		at, column := Place{name, line}, i-start+1
		switch c := text[i]; {
		case c == '\n':
			i++
			line, start = line+1, i
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#':
			i = lineEnd(text, i)
		case c == ';':
			words = append(words, word{";", false, at, column})
			i++
		case c == '"':
			inside, n, ok := relayQuoted(text[i:])
			if !ok {
				return nil, &SyntaxError{at, column, `expected a closing " on this line`}
			}
			words = append(words, word{inside, true, at, column})
			i += n
		case c < ' ':
			return nil, &SyntaxError{at, column, fmt.Sprintf("a word cannot hold %q", c)}
		default:
			n := relayBare(text[i:])
			words = append(words, word{strings.ReplaceAll(text[i:i+n], `\ `, " "), false, at, column})
			i += n
		}
	}
	return words, nil
}

func lineEnd(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

// relayQuoted reads what is in quotes, and says how long it was with them.
func relayQuoted(text string) (inside string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text) && text[i] != '\n'; i++ {
		switch {
		case text[i] == '"':
			return b.String(), i + 1, b.Len() > 0
		case text[i] == '\\' && i+1 < len(text) && text[i+1] != '\n':
			i++
		}
		b.WriteByte(text[i])
	}
	return "", 0, false
}

// relayBare returns the length of the word that text begins with.
func relayBare(text string) int {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && text[i+1] == ' ':
			i++
		case c <= ' ' || c == '#' || c == ';' || c == '"':
			return i
		}
	}
	return len(text)
}
