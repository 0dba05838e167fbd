package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"plumbago/relay"
	"plumbago/relay/ring"
)

// A ringCmd is the command "ring".
type ringCmd struct {
	file    string
	members string // comma-separated; without it a cluster of the configuration is asked about
	to      string // the members to compare with, likewise
	asJSON  bool
	diverse bool
	options relay.ClusterOptions // what the flags say
	target  []string             // what is in to
	given   func(flag string) bool
}

func ringCommand() *cobra.Command {
	r := &ringCmd{options: relay.DefaultClusterOptions()}
	r.options.Policy = "carbon_ch"
	cmd := &cobra.Command{
		Use:   "ring [-c FILE] CLUSTER [NAME...] | ring --members LIST [NAME...]",
		Short: "Say which members of a cluster names live on, and what moves between two lists of members",
		Long:  "Prints for each name the members of a hashing cluster that get it, the first copy's first; a name of - stands for the\nlines of standard input. Without names it prints the members, each with the text that is hashed for it and its expected\nshare of the names, and warns of shares that are more than 15 % off an even one. With --to it prints what share of the\nnames moves to another list of members, and from which to which: of the names that are given, else of 100,000 made-up\nones. The cluster is one of the configuration, changed by the options, or made of --members.",
		Args:  func(_ *cobra.Command, args []string) error { return r.check(args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			r.given = cmd.Flags().Changed
			return r.run(args, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &r.file)
	f := cmd.Flags()
	f.StringVar(&r.members, "members", "", "the members, without a configuration: HOST:PORT[=INSTANCE],...")
	f.StringVar(&r.to, "to", "", "the members to compare with: HOST:PORT[=INSTANCE],...")
	f.StringVar(&r.options.Policy, "policy", r.options.Policy, "carbon_ch, fnv1a_ch or jump_fnv1a_ch")
	f.StringVar(&r.options.Ring, "ring", r.options.Ring, "whose placement: carbon, carbon-c-relay, carbon-relay-ng or carbon-relay-ng-v2")
	f.IntVar(&r.options.Replicas, "replicas", r.options.Replicas, "how many members get a copy of each name")
	f.BoolVar(&r.diverse, "diverse", true, "copies go to distinct hosts (default true with the ring carbon, else false)")
	f.Lookup("diverse").DefValue = "false" // or the usage would end with a default that is not
	f.BoolVar(&r.asJSON, "json", false, "print objects")
	return cmd
}

// check says what is wrong with the command line, and takes its lists apart.
func (r *ringCmd) check(args []string) (err error) {
	switch {
	case r.members == "" && len(args) == 0:
		return errors.New("ring asks about a CLUSTER of the configuration, or about --members")
	case r.members != "" && r.file != "":
		return errors.New("ring asks about a configuration or about --members: they exclude each other")
	case !slices.Contains([]string{"carbon_ch", "fnv1a_ch", "jump_fnv1a_ch"}, r.options.Policy):
		return fmt.Errorf("--policy %q is not carbon_ch, fnv1a_ch or jump_fnv1a_ch", r.options.Policy)
	case !slices.Contains([]string{"carbon", "carbon-c-relay", "carbon-relay-ng", "carbon-relay-ng-v2"}, r.options.Ring):
		return fmt.Errorf("--ring %q is not carbon, carbon-c-relay, carbon-relay-ng or carbon-relay-ng-v2", r.options.Ring)
	case r.options.Replicas < 1:
		return fmt.Errorf("--replicas is %d: there is at least 1", r.options.Replicas)
	}
	if r.options.Endpoints, err = split(r.members); err == nil {
		r.target, err = split(r.to)
	}
	return err
}

// split makes endpoints of a list, none of an empty one.
func split(list string) (endpoints []string, err error) {
	if list == "" {
		return nil, nil
	}
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		one := relay.ClusterOptions{Endpoints: []string{text}}
		if m := one.Members()[0]; m.Host == "" || m.Port == 0 {
			return nil, fmt.Errorf("%q is not HOST:PORT or HOST:PORT=INSTANCE", text)
		}
		endpoints = append(endpoints, text)
	}
	return endpoints, nil
}

// A placement is a ring and the texts of its members.
type placement struct {
	members []string
	options ring.Options
	*ring.Ring
}

// place makes the placement of a cluster.
func place(o *relay.ClusterOptions) (*placement, error) {
	options, hashing := o.RingOptions()
	if !hashing {
		return nil, fmt.Errorf("the cluster %q has the policy %q, which places no names by a ring (--policy asks about another)", o.Name, o.Policy)
	}
	r, err := ring.New(options, o.Members())
	if err != nil {
		return nil, err
	}
	return &placement{o.Endpoints, options, r}, nil
}

// of returns the members that get name.
func (p *placement) of(name string) []string {
	members := []string{}
	for _, m := range p.Append(nil, name) {
		members = append(members, p.members[m])
	}
	return members
}

func (r *ringCmd) run(args []string, in io.Reader, out io.Writer) error {
	cluster, names, err := r.cluster(args)
	if err != nil {
		return err
	}
	p, err := place(cluster)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	switch {
	case r.to != "":
		other := *cluster
		other.Endpoints = r.target
		var q *placement
		if q, err = place(&other); err == nil {
			err = r.compare(p, q, names, in, w)
		}
	case len(names) > 0:
		err = r.locate(p, names, in, w)
	default:
		err = r.list(p, w)
	}
	if flushed := w.Flush(); err == nil {
		err = flushed
	}
	return err
}

// cluster returns the cluster that is asked about, and the names among the arguments.
func (r *ringCmd) cluster(args []string) (o *relay.ClusterOptions, names []string, err error) {
	if o = &r.options; r.members == "" {
		f, err := load(r.file)
		if err != nil {
			return nil, nil, err
		}
		i := slices.IndexFunc(f.Cluster, func(c relay.ClusterOptions) bool { return c.Name == args[0] })
		if i < 0 {
			return nil, nil, fmt.Errorf("%s has no cluster %q", f.Name(), args[0])
		}
		o, args = &f.Cluster[i], args[1:]
		if r.given("policy") {
			o.Policy = r.options.Policy
		}
		if r.given("ring") {
			o.Ring = r.options.Ring
		}
		if r.given("replicas") {
			o.Replicas = r.options.Replicas
		}
	}
	if r.given("diverse") {
		o.Diverse = &r.diverse
	}
	return o, args, nil
}

// locate prints which members get each name.
func (r *ringCmd) locate(p *placement, names []string, in io.Reader, w io.Writer) error {
	bad, err := each(names, in, func(name string) error {
		members := p.of(name)
		if r.asJSON {
			return printJSON(w, struct {
				Name    string   `json:"name"`
				Members []string `json:"members"`
			}{name, members})
		}
		_, err := fmt.Fprintln(w, name, strings.Join(members, " "))
		return err
	})
	if err == nil && bad {
		err = errWrong
	}
	return err
}

// A memberShare is what "ring --json" prints of a member.
type memberShare struct {
	Member string  `json:"member"`
	Text   string  `json:"text"`  // what is hashed for it
	Share  float64 `json:"share"` // the expected share of all names' first copies
	Off    float64 `json:"off"`   // by how much that is more than an even one
}

// shares returns what each member gets.
func (p *placement) shares() (list []memberShare) {
	shares := p.Shares()
	for i, m := range p.members {
		list = append(list, memberShare{m, p.Key(i), shares[i], ring.Deviation(shares, i)})
	}
	return list
}

// list prints the members, and warns of those that get much more or less than others.
func (r *ringCmd) list(p *placement, w io.Writer) error {
	list := p.shares()
	for _, i := range ring.Uneven(p.Shares()) {
		fmt.Fprintf(os.Stderr, "plumbago: warning: %s gets %.1f %% of the names, %+.0f %% off an even share\n",
			list[i].Member, 100*list[i].Share, 100*list[i].Off)
	}
	if r.asJSON {
		return printJSON(w, struct {
			Policy   string        `json:"policy"`
			Ring     string        `json:"ring"`
			Replicas int           `json:"replicas"`
			Diverse  bool          `json:"diverse"`
			Members  []memberShare `json:"members"`
		}{p.options.Policy, p.options.Style, p.options.Replicas, p.options.Diverse, list})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "member\ttext\tshare\toff")
	for _, m := range list {
		fmt.Fprintf(t, "%s\t%s\t%.1f %%\t%+.0f %%\n", m.Member, m.Text, 100*m.Share, 100*m.Off)
	}
	return t.Flush()
}
