//go:build !race

package carbon

const pickleRace = false
