package relay

import (
	"net"
	"strconv"
	"strings"

	"plumbago/relay/dest"
	"plumbago/relay/ring"
)

// SplitInstance splits an endpoint as it is configured, ADDRESS or ADDRESS=INSTANCE, where the address is HOST:PORT.
func SplitInstance(endpoint string) (address, instance string) {
	address, instance, _ = strings.Cut(endpoint, "=")
	return address, instance
}

// addressOf returns what is dialled, or opened, for an endpoint as it is configured.
func (o *ClusterOptions) addressOf(endpoint string) string {
	if o.Protocol == "log" || o.Protocol == "redis" || o.Transport == "unix" {
		return endpoint // a path or a URL
	}
	address, _ := SplitInstance(endpoint)
	return address
}

// Addresses returns what is dialled, or opened, for each endpoint.
func (o *ClusterOptions) Addresses() []string {
	addresses := make([]string, len(o.Endpoints))
	for i, endpoint := range o.Endpoints {
		addresses[i] = o.addressOf(endpoint)
	}
	return addresses
}

// Members returns the endpoints as a ring sees them.
func (o *ClusterOptions) Members() []ring.Member {
	members := make([]ring.Member, len(o.Endpoints))
	for i, endpoint := range o.Endpoints {
		address := o.addressOf(endpoint)
		m := ring.Member{Host: address}
		if address != endpoint {
			_, m.Instance = SplitInstance(endpoint)
		}
		if list, err := dest.ParseList(endpoint); o.Protocol == "redis" && err == nil {
			address, m.Instance = list.Address, list.Key
		}
		if host, port, err := net.SplitHostPort(address); err == nil && address[0] != '/' {
			if n, err := strconv.Atoi(port); err == nil {
				m.Host, m.Port = host, n
			}
		}
		members[i] = m
	}
	return members
}

// RingOptions returns how names are placed among the members, or false if the policy is none that hashes.
func (o *ClusterOptions) RingOptions() (ring.Options, bool) {
	switch o.Policy {
	case "carbon_ch", "fnv1a_ch", "jump_fnv1a_ch":
	default:
		return ring.Options{}, false
	}
	diverse := o.Ring == "carbon"
	if o.Diverse != nil {
		diverse = *o.Diverse
	}
	return ring.Options{Policy: o.Policy, Style: o.Ring, Replicas: o.Replicas, Diverse: diverse}, true
}
