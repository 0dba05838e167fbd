package dest

import "strings"

// A SpoolName says whose spool a directory is. What is in it was encoded for an endpoint, so an endpoint that is spoken to
// otherwise has another spool.
type SpoolName struct {
	Cluster  string
	Endpoint string
	Form     string // what its frames are: "plaintext", "types" (plaintext with the samples' types) "pickle" or "redis"
}

// NameSpool returns the name of the spool of a cluster's endpoint.
func NameSpool(cluster, endpoint string, o Options) SpoolName {
	form := o.Protocol
	if form == "plaintext" && o.Types {
		form = "types"
	}
	return SpoolName{cluster, Shown(endpoint), form}
}

// String returns n as the spool is called on disk. No cluster has a blank in its name.
func (n SpoolName) String() string { return n.Cluster + " " + n.Form + " " + n.Endpoint }

// ParseSpoolName undoes String; it reports false for a name that is none.
func ParseSpoolName(text string) (n SpoolName, ok bool) {
	var rest string
	if n.Cluster, rest, ok = strings.Cut(text, " "); ok {
		n.Form, n.Endpoint, ok = strings.Cut(rest, " ")
	}
	return n, ok && (n.Form == "plaintext" || n.Form == "types" || n.Form == "pickle" || n.Form == "redis")
}
