package dest

import "time"

// A confirm is how it is known that an endpoint has what was written.
type confirm uint8

const (
	trusted   confirm = iota // nothing is known but that it was written
	estimated                // from what the system knows of the connection
	proven                   // the endpoint has answered the end of the connection
	answered                 // the endpoint answers by itself, and is waited for
)

var confirms = [...]string{"written", "window", "close", "answer"}

// String returns what the configuration calls it, or "answer".
func (c confirm) String() string { return confirms[c] }

// later says whether what is written is confirmed after that.
func (c confirm) later() bool { return c == estimated || c == proven }

// confirmation returns what is called so.
func confirmation(name string) confirm {
	for c, known := range confirms {
		if known == name {
			return confirm(c)
		}
	}
	return trusted
}

// wrote sees to what was written a moment ago: a proof may be due.
func (d *Dest) wrote() error {
	if d.unproven == 0 {
		return nil
	}
	now := time.Now()
	d.pace.wrote(now)
	if now.Before(d.due()) {
		return nil
	}
	return d.prove()
}

// room returns how many bytes may be written now. Estimates come by themselves or not at all: to ask for one when the
// unproven fill the queue would bring nothing, so writing waits then.
func (d *Dest) room() int64 {
	switch d.way {
	case proven:
		return max(d.pace.size-d.unproven, 1)
	case estimated:
		return int64(d.queue.limit)/2 - d.unproven
	}
	return int64(d.queue.limit)
}

// due returns when it is to be looked after what is unproven.
func (d *Dest) due() time.Time {
	if d.way == estimated {
		return d.looked.Add(lookAgain)
	}
	return d.pace.due(d.unproven)
}

// lookAgain is how often an estimate is made.
const lookAgain = 100 * time.Millisecond

// prove asks how much has arrived.
func (d *Dest) prove() error {
	if d.way != estimated {
		return d.renew()
	}
	d.looked = time.Now()
	d.unproven = d.queue.prove(d.wire.estimate())
	return nil
}

// alarm returns what fires when a proof is due, nil if there is nothing to prove.
func (d *Dest) alarm() <-chan time.Time {
	if d.unproven == 0 {
		return nil
	}
	d.timer.Reset(time.Until(d.due()))
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
		d.news.proof() // first, so that who sees what is delivered sees why
		d.queue.prove(everything)
		d.pace.proven(asked, time.Now())
		d.clock.proven()
		d.unproven = 0
	}
}

// recall has what is unproven written again.
func (d *Dest) recall() {
	if d.unproven > 0 && d.way == estimated {
		d.queue.prove(d.wire.estimate()) // the last look
	}
	d.queue.recall() // what is from the disk, too
	d.unproven = 0
	d.pace.broke()
}
