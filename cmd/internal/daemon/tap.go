package daemon

import "plumbago/carbon/tap"

// Tap begins to watch what passes: samples as they come in, and results of aggregates. Whoever does must close the tap.
func (d *Daemon) Tap(o tap.Options) (*tap.Tap, error) { return d.taps.Open(o) }
