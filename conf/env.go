package conf

import (
	"fmt"
	"strings"
)

// expand replaces ${NAME} and ${NAME:-default} in text by what env says. As in a shell the default also stands in for
// a variable that is set to nothing, and what is put in is not looked at again; $${ stands for ${ itself. What is wrong
// comes back as a message and a hint.
func expand(text string, env func(string) (string, bool)) (out, msg, hint string) {
	at := strings.Index(text, "${")
	if at < 0 {
		return text, "", ""
	}
	var b strings.Builder
	for ; at >= 0; at = strings.Index(text, "${") {
		if at > 0 && text[at-1] == '$' {
			b.WriteString(text[:at-1] + "${")
			text = text[at+2:]
			continue
		}
		b.WriteString(text[:at])
		end := strings.IndexByte(text[at:], '}')
		if end < 0 {
			return "", "${ is not closed in " + quote(text), `write ${NAME}, or $${ for the characters themselves`
		}
		name, fallback, hasFallback := strings.Cut(text[at+2:at+end], ":-")
		if !variable(name) {
			return "", fmt.Sprintf("%s names no environment variable", quote(text[at:at+end+1])),
				`write ${NAME} or ${NAME:-default}, or $${ for the characters themselves`
		}
		value, ok := env(name)
		switch {
		case value == "" && hasFallback:
			value = fallback
		case !ok:
			return "", fmt.Sprintf("the environment variable %s is not set", name),
				fmt.Sprintf("${%s:-default} would give it a default", name)
		}
		b.WriteString(value)
		text = text[at+end+1:]
	}
	b.WriteString(text)
	return b.String(), "", ""
}

// protect is the inverse of expand: it writes text so that expand gives it back.
func protect(text string) string { return strings.ReplaceAll(text, "${", "$${") }

// variable says whether name can be that of an environment variable.
func variable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for _, c := range []byte(name) {
		if !bare(c) || c == '-' {
			return false
		}
	}
	return true
}
