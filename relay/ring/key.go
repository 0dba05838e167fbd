package ring

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// key returns what of a member is hashed for its points. For carbon_ch that is the pair of host and instance as Python
// prints it, without the port.
func key(o Options, m Member) string {
	switch {
	case o.Policy == fnv1aCH && o.Style == carbonStyle:
		if m.Instance == "" {
			return "None" // for every host: only the moving of points tells them apart
		}
		return m.Instance
	case o.Policy == fnv1aCH:
		if m.Instance == "" {
			return m.Host + ":" + strconv.Itoa(m.Port)
		}
		return m.Instance
	case o.Style == carbonStyle:
		return pair(pythonQuoted, m.Host, m.Instance)
	case o.Style == relayStyle:
		return pair(plainlyQuoted, m.Host, m.Instance)
	default:
		return pair(plainlyQuoted, ngHost(m.Host), m.Instance)
	}
}

// pair prints host and instance as a tuple of Python.
func pair(quoted func(string) string, host, instance string) string {
	if instance == "" {
		return "(" + quoted(host) + ", None)"
	}
	return "(" + quoted(host) + ", " + quoted(instance) + ")"
}

// plainlyQuoted quotes text as those do it who only imitate Python.
func plainlyQuoted(text string) string {
	return "'" + text + "'"
}

// pythonQuoted quotes text as Python does it, with double quotes around a text that has single ones only.
func pythonQuoted(text string) string {
	quote := '\''
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, c := range text {
		switch {
		case c == quote || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c < 0x100:
			fmt.Fprintf(&b, `\x%02x`, c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// relayInstance is an instance as carbon-c-relay knows it: it reads one of digits only as a number of 32 bits, so that
// "01" is "1".
func relayInstance(instance string) string {
	if instance == "" || strings.Trim(instance, "0123456789") != "" {
		return instance
	}
	n, _ := number(instance)
	return strconv.Itoa(int(int32(n)))
}

// ngHost is the host as carbon-relay-ng cuts it out of an address: at the first colon, which for an IPv6 address is one
// of its own.
func ngHost(host string) string {
	if before, _, isIPv6 := strings.Cut(host, ":"); isIPv6 {
		return "[" + before
	}
	return host
}
