//go:build !race

package dest

const raceOn = false
