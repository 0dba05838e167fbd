package dest

import "time"

// wrote sees to what was written a moment ago: a proof may be due.
func (d *Dest) wrote() error {
	if d.unproven == 0 {
		return nil
	}
	now := time.Now()
	d.pace.wrote(now)
	if now.Before(d.pace.due(d.unproven)) {
		return nil
	}
	return d.renew()
}

// alarm returns what fires when a proof is due, nil if there is nothing to prove.
func (d *Dest) alarm() <-chan time.Time {
	if d.unproven == 0 {
		return nil
	}
	d.timer.Reset(time.Until(d.pace.due(d.unproven)))
	return d.timer.C
}

// renew ends the connection in order, which proves what was written, and goes on with a new one. Nothing that was taken in
// hand is under way then.
func (d *Dest) renew() error {
	asked := time.Now()
	if err := d.wire.end(d.life, d.pace.first); err != nil {
		return err
	}
	d.proven(asked)
	return d.open()
}

// conclude has the last of what was written proven. What another member gave us meanwhile needs one more connection.
func (d *Dest) conclude() error {
	asked := time.Now()
	if err := d.wire.close(d.life, d.pace.first); err != nil {
		return err
	}
	d.proven(asked)
	if d.over() {
		return nil
	}
	return d.open()
}

// proven counts what was written as delivered, by a proof that was asked for at that time.
func (d *Dest) proven(asked time.Time) {
	if d.unproven > 0 {
		d.queue.prove(everything)
		d.pace.proven(asked, time.Now())
		d.clock.proven()
		d.unproven = 0
	}
}

// recall has what is unproven written again.
func (d *Dest) recall() {
	d.queue.recall() // what is from the disk, too
	d.unproven = 0
	d.pace.broke()
}
