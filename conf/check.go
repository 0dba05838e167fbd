package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbago/carbon"
	"plumbago/ingest"
)

// A checker looks at what the structs cannot say: what must hold between sections, and values that cannot work.
type checker struct {
	file   *File
	known  Faults // of decoding: what they are about is not complained of again
	faults Faults
}

// check returns what is wrong with f beyond the faults that are known, and fills in f.Warnings if nothing is.
func check(f *File, known Faults) Faults {
	c := &checker{file: f, known: known}
	c.settings()
	c.listeners()
	c.clusters()
	c.rules()
	if len(known) == 0 && len(c.faults) == 0 {
		f.Warnings = warnings(f).sorted()
	}
	return c.faults
}

// fault notes what is wrong with a key of the section at p, unless decoding had something to say about that key.
func (c *checker) fault(p Place, key, msg, hint string) {
	f := c.file.fault(p, key, msg, hint)
	if !c.isKnown(f.File, f.Key) {
		c.faults = append(c.faults, f)
	}
}

// isKnown says whether decoding had something to say about a key.
func (c *checker) isKnown(file, key string) bool {
	return slices.ContainsFunc(c.known, func(k Fault) bool { return k.File == file && k.Key == key })
}

// faultAt notes what is wrong with the i-th element of a list.
func (c *checker) faultAt(p Place, key string, i int, msg, hint string) {
	before := len(c.faults)
	c.fault(p, key, msg, hint)
	if len(c.faults) > before {
		c.faults[before].Line = c.file.sources[p.File].line(item(c.faults[before].Key, i+1))
	}
}

// missing notes that the section at p lacks something, unless it has faults that may be the reason.
func (c *checker) missing(p Place, key, msg, hint string) {
	within := func(k Fault) bool { return k.File == p.File && strings.HasPrefix(k.Key, p.Key+".") }
	if !slices.ContainsFunc(c.known, within) {
		c.fault(p, key, msg, hint)
	}
}

// given says whether a key of the section at p stands in its file.
func (c *checker) given(p Place, key string) bool {
	return c.file.sources[p.File].has(p.Key + "." + key)
}

// leastMemory is what plumbago can get by with.
const leastMemory = 32 << 20

// settings checks the sections that are there once.
func (c *checker) settings() {
	at := func(section string) Place { return Place{File: c.file.name, Key: section} }
	if c.file.Limits.Series < 1 {
		c.fault(at("limits"), "series", "must be at least 1", "")
	}
	if c.file.Limits.Connections < 1 {
		c.fault(at("limits"), "connections", "must be at least 1", "")
	}
	if m := c.file.Limits.Memory; m.Bytes != 0 && m.Bytes < leastMemory {
		c.fault(at("limits"), "memory", "must be at least "+bytes(leastMemory), `"0" sets no limit`)
	}
	if c.file.State.Snapshot < time.Second {
		c.fault(at("state"), "snapshot", "must be at least a second", `dir = "" writes none`)
	}
	c.self(at("self"))
	if keep := c.file.History.Keep; keep != 0 && keep < time.Second {
		c.fault(at("history"), "keep", "must be at least a second", `"0" keeps nothing`)
	}
	if c.file.History.Series < 1 {
		c.fault(at("history"), "series", "must be at least 1", `keep = "0" keeps nothing`)
	}
	c.admin(at("admin"))
}

// self checks what plumbago's own figures are called, and how often they are sent.
func (c *checker) self(p Place) {
	o := c.file.Self
	if o.Interval != 0 && o.Interval < time.Second {
		c.fault(p, "interval", "must be at least a second", `"0" sends none`)
	}
	name := strings.ReplaceAll(o.Prefix, "{host}", "h") + ".x"
	if clean, err := carbon.CleanName(name); err != nil || clean != name || strings.ContainsAny(name, "{};") {
		c.fault(p, "prefix", quote(o.Prefix)+" is not how a name can begin", `write "plumbago.{host}"`)
	}
	const like = `write it like "/tmp/plumbago.mmstats"`
	switch path := o.Mmstats; {
	case path == "":
	case !filepath.IsAbs(path):
		c.fault(p, "mmstats", quote(path)+" is no path from the root", like)
	case strings.HasSuffix(path, "/"):
		c.fault(p, "mmstats", quote(path)+" is a folder", like)
	case strings.ContainsAny(strings.ReplaceAll(path, "{PID}", ""), "{}"):
		c.fault(p, "mmstats", quote(path)+" has braces that are not those of {PID}", like)
	}
}

// admin checks where the API is and what it asks for.
func (c *checker) admin(p Place) {
	if file := c.file.Admin.TokenFile; file != "" {
		if text, err := os.ReadFile(file); err != nil {
			c.fault(p, "token_file", strings.TrimPrefix(err.Error(), "open "), "")
		} else if len(strings.Fields(string(text))) != 1 {
			c.fault(p, "token_file", quote(file)+" does not hold one word, the token", "")
		}
	}
	for i, name := range c.file.Admin.Hosts {
		if name == "" || strings.ContainsAny(name, ":/*, \t") {
			c.faultAt(p, "hosts", i, quote(name)+" is not the name of a host", `write "relay1.example.com"`)
		}
	}
	if t := c.file.Admin.TLS; t != nil && !c.isKnown(p.File, p.Key+".tls") {
		for _, m := range t.Mistakes() {
			c.fault(p, "tls."+m.Key, m.Msg, m.Hint)
		}
	}
	address := c.file.Admin.Address
	if address == "" {
		return
	}
	if _, rest, ok := strings.Cut(address, "://"); ok {
		c.fault(p, "address", quote(address)+" is not HOST:PORT", "write "+quote(rest))
		return
	}
	if _, msg, hint := parseHostPort(address); msg != "" {
		c.fault(p, "address", quote(address)+" "+msg, hint)
	}
}

// listeners checks the [[listen]] sections.
func (c *checker) listeners() {
	var all []listener
	if a, msg, _ := parseHostPort(c.file.Admin.Address); msg == "" && c.file.Admin.Address != "" {
		all = append(all, listener{address: address{scheme: "tcp", hostPort: a}, text: "admin.address"})
	}
	for i, o := range c.file.Listen {
		p := c.file.listen[i]
		c.listenSizes(p, &o)
		c.listenLimits(p, &o)
		c.listenSources(p, &o)
		c.listenEvents(p, &o)
		c.listenStatsd(p, &o)
		if len(o.Address) == 0 {
			c.missing(p, "address", "has no address", `write address = ["tcp://:2003"]`)
		}
		for j, text := range o.Address {
			a, msg, hint := parseAddress(text)
			if msg != "" {
				c.faultAt(p, "address", j, msg, hint)
				continue
			}
			all = c.claim(p, "address", j, a, text, all)
		}
		all = c.manage(p, &o, all)
	}
}

// claim adds what listens on an address to all that does, and finds fault if that is taken. The address is the value of a
// key, or, with i not negative, the i-th.
func (c *checker) claim(p Place, key string, i int, a address, text string, all []listener) []listener {
	if at := slices.IndexFunc(all, func(l listener) bool { return l.overlaps(a) }); at >= 0 {
		if msg := fmt.Sprintf("%s is taken by %s", quote(text), all[at]); i >= 0 {
			c.faultAt(p, key, i, msg, "")
		} else {
			c.fault(p, key, msg, "")
		}
	}
	return append(all, listener{address: a, text: quote(text), place: p})
}

// A listener is an address that something listens on.
type listener struct {
	address
	text  string
	place Place
}

func (l listener) String() string {
	if l.place.File == "" {
		return l.text
	}
	return fmt.Sprintf("%s on line %d of %s", l.text, l.place.Line, l.place.File)
}

func (c *checker) listenSizes(p Place, o *ingest.Options) {
	const mostName, mostMessage = 65535, 256 << 20
	c.within(p, "max_name", o.MaxName, 1, mostName)
	c.within(p, "max_line", o.MaxLine, 16, mostMessage)
	c.within(p, "max_frame", o.MaxFrame, 16, mostMessage)
	c.within(p, "recv_buffer", o.RecvBuffer, 1<<10, 1<<30)
}

// within checks that a number of bytes is in its bounds.
func (c *checker) within(p Place, key string, n, least, most int) {
	if n < least || n > most {
		c.fault(p, key, "must be from "+bytes(least)+" to "+bytes(most)+", not "+bytes(n), "")
	}
}

// bytes writes a size for a reader.
func bytes(n int) string {
	switch text := formatSize(n); {
	case n == 1:
		return "1 byte"
	case text != strconv.Itoa(n):
		return text
	}
	return strconv.Itoa(n) + " bytes"
}

// names checks a list of the clusters that something is sent to.
func (c *checker) names(p Place, key string, send []string, defined []string) {
	for i, name := range send {
		switch {
		case slices.Contains(send[:i], name):
			c.faultAt(p, key, i, "names the cluster "+quote(name)+" twice", "")
		case defined != nil && !slices.Contains(defined, name):
			hint := didYouMean(nearest(name, defined))
			if hint == "" && len(defined) > 0 {
				hint = "there are: " + strings.Join(defined, ", ")
			}
			c.faultAt(p, key, i, "there is no cluster "+quote(name), hint)
		}
	}
}
