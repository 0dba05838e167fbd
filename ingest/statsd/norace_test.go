//go:build !race

package statsd

const race = false
