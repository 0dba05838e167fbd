package story

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"plumbago/conf"
	"plumbago/ingest"
	"plumbago/relay"
)

// A stage is a configuration made fit for a story: nothing in it is reached over a network or written to a disk, but that a
// story whose configuration has a state.dir gets a directory of its own, and everything else is as it was.
type stage struct {
	file   *conf.File
	listen int // the listener that lines are sent to
	// names are the sinks that steps can name: each endpoint by its text, and the only one of a cluster also by the
	// cluster's name. The values are what the endpoint is dialled by.
	names map[string]string
	// pickle says of those that are dialled for pickles that they are.
	pickle map[string]bool
}

// Against makes s ready to run: against its own configuration, or against file if it has none. Faults name the file that
// they are in, and the line there.
func (s *Story) Against(file *conf.File) error {
	if s.Conf != nil {
		f, faults := s.parse(s.ConfLine, s.Conf)
		if len(faults) > 0 {
			return faults
		}
		file = f
	}
	if file == nil {
		return fmt.Errorf("%s: it has no configuration, and none was given", s.File)
	}
	s.stage = newStage(file, map[string]string{})
	st := s.stage
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Verb == "reload" {
			f, faults := s.parse(step.Line, step.Body)
			if len(faults) > 0 {
				return faults
			}
			st = newStage(f, maps.Clone(st.names))
			step.stage = st
		}
		if err := st.check(s, step); err != nil {
			return err
		}
	}
	return nil
}

// parse parses a configuration that stands in a story below a header. The text goes in at the height where it stands, so that
// its lines are the story's.
func (s *Story) parse(header int, lines []string) (*conf.File, conf.Faults) {
	text := strings.Repeat("\n", header) + strings.Join(lines, "\n") + "\n"
	return conf.Parse(s.File, []byte(text), os.LookupEnv)
}

// newStage makes a configuration fit for a story in which sinks have the given names already.
func newStage(file *conf.File, names map[string]string) *stage {
	f := *file
	st := &stage{file: &f, names: names, pickle: map[string]bool{}}
	st.listener()
	f.Cluster = slices.Clone(f.Cluster)
	for i := range f.Cluster {
		st.endpoints(&f.Cluster[i])
	}
	for i := range f.Cluster {
		if c := &f.Cluster[i]; len(c.Endpoints) == 1 && st.names[c.Name] == "" {
			st.names[c.Name] = address(c.Endpoints[0])
		}
	}
	return st
}

// endpoints returns what is ever dialled in the story, and whether for pickles.
func (s *Story) endpoints() map[string]bool {
	all := maps.Clone(s.stage.pickle)
	for i := range s.Steps {
		if st := s.Steps[i].stage; st != nil {
			maps.Copy(all, st.pickle)
		}
	}
	return all
}

// listener finds the first listener that takes lines, or adds one. A story's clients have no address: it does not matter
// who may connect.
func (st *stage) listener() {
	listeners := slices.Clone(st.file.Listen)
	st.listen = slices.IndexFunc(listeners, func(o ingest.Options) bool { return o.Protocol == "line" })
	if st.listen < 0 {
		o := ingest.DefaultOptions()
		o.Address = []string{"tcp://127.0.0.1:2003"}
		st.listen, listeners = len(listeners), append(listeners, o)
	}
	o := &listeners[st.listen]
	o.Allow, o.ProxyProtocol, o.ProxyFrom, o.Rate = nil, false, nil, 0
	st.file.Listen = listeners
}

// endpoints makes sinks of a cluster's endpoints. Those that are no addresses, such as a log's files, get one, and
// plaintext to it.
func (st *stage) endpoints(c *relay.ClusterOptions) {
	given := c.Endpoints
	c.Endpoints = slices.Clone(given)
	dialled := c.Protocol == "plaintext" || c.Protocol == "pickle"
	if !dialled {
		c.Protocol, c.Transport, c.Layout = "plaintext", "tcp", "plain"
	}
	c.TLS, c.Compress, c.Resolve, c.MaxConnAge = nil, "none", 0, 0 // a sink is reached as it is
	c.Confirm = "written"                                          // and has what it was sent
	if c.Transport == "unix" {
		c.Transport = "tcp"
	}
	for i, text := range given {
		if !dialled || strings.HasPrefix(text, "/") {
			c.Endpoints[i] = st.own(text)
		}
		at := address(c.Endpoints[i])
		st.names[text] = at
		st.names[strings.TrimPrefix(address(text), "sink:")] = at
		st.pickle[at] = c.Protocol == "pickle"
	}
}

// own returns the made-up endpoint for one that is no address: the same for the same text.
func (st *stage) own(text string) string {
	if at, ok := st.names[text]; ok {
		return at
	}
	return fmt.Sprintf("sink:log-%d", len(st.names))
}

// address returns what an endpoint is dialled by: its text without the name of an instance.
func address(endpoint string) string {
	at, _, _ := strings.Cut(endpoint, "=")
	return at
}

// check looks whether there is the sink that a step names.
func (st *stage) check(s *Story, step *Step) error {
	if _, ok := st.names[step.Arg]; !ok && verbs()[step.Verb] {
		known := slices.DeleteFunc(slices.Sorted(maps.Keys(st.names)), func(n string) bool { return strings.HasPrefix(n, "sink:") })
		return fmt.Errorf("%s:%d: there is no sink %q; there are: %s", s.File, step.Line, step.Arg, strings.Join(known, ", "))
	}
	return nil
}
