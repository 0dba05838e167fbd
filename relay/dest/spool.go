package dest

import (
	"time"

	"go.uber.org/zap"
)

const (
	// diskPatience is how long the disk may take nothing at the end before it is left alone.
	diskPatience = 5 * time.Second
	// diskLooks is how often it is looked at in that time.
	diskLooks = 50
)

// Open opens the spool, if there is one to be, which no other process may have. What it holds counts as enqueued from
// then on. Without Open, Start has it tried again and again.
func (d *Dest) Open() error {
	if d.keeper == nil {
		return nil
	}
	return d.keeper.open()
}

// Unopen undoes Open before Start.
func (d *Dest) Unopen() {
	if d.keeper != nil {
		d.keeper.unopen()
	}
}

// Follow says that d takes the place of another destination for the same endpoint; gone is closed when that has ended. What
// it leaves on disk is d's then, also if d ends before it has come to open the spool.
func (d *Dest) Follow(gone <-chan struct{}) {
	if d.keeper != nil {
		d.keeper.mu.Lock()
		defer d.keeper.mu.Unlock()
		d.keeper.before = gone
	}
}

// lay ends the account: what is left goes into the spool, or is lost.
func (d *Dest) lay() {
	if d.keeper != nil {
		d.queue.bar()
		d.queue.recall()
		d.keeper.succeed()
		d.layDown()
	}
	d.news.closed(d.queue.abandon())
}

// layDown closes the keeper. A disk that is slow gets the time that it needs; one that hangs would hold up the end for
// ever, so it is left alone once it has taken nothing for long.
func (d *Dest) layDown() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		d.keeper.close()
	}()
	tick := time.NewTicker(max(d.keeper.patience/diskLooks, time.Millisecond))
	defer tick.Stop()
	for since, last := time.Now(), d.queue.waiting(); ; {
		select {
		case <-closed:
			return
		case <-tick.C:
		}
		patience := d.keeper.patience
		if last == 0 {
			patience *= 6 // nothing can be lost but the place where reading goes on
		}
		if n := d.queue.waiting(); n != last {
			since, last = time.Now(), n
		} else if time.Since(since) >= patience {
			d.news.log.Error("the disk of the spool hangs: what it did not take is lost", zap.Int64("points", n))
			d.queue.forsake()
			return
		}
	}
}
