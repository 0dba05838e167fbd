//go:build !race

package spool

const raceOn = false
