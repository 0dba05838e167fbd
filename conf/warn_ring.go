package conf

import (
	"fmt"
	"strings"

	"plumbago/relay/dest"
	"plumbago/relay/ring"
)

// uneven finds clusters whose ring gives some members much more or less of the names than others.
func uneven(f *File) (ws Faults) {
	for i := range f.Cluster {
		o := &f.Cluster[i]
		options, hashing := o.RingOptions()
		if !hashing {
			continue
		}
		r, err := ring.New(options, o.Members())
		if err != nil {
			continue // a fault, told by the checks
		}
		shares := r.Shares()
		var off []string
		for _, m := range ring.Uneven(shares) {
			off = append(off, fmt.Sprintf("%s gets %.1f %% of the names (%+.0f %%)", quote(dest.Shown(o.Endpoints[m])), 100*shares[m], 100*ring.Deviation(shares, m)))
		}
		if len(off) > 0 {
			ws = append(ws, f.fault(f.cluster[i], "endpoints", fmt.Sprintf("the ring is uneven: %s; even were %.1f %%",
				strings.Join(off, ", "), 100/float64(len(shares))), "a new cluster is even with the policy jump_fnv1a_ch; to change an old one moves its names"))
		}
	}
	return ws
}
