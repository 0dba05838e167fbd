package dest

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

// lay ends the account: what is left goes into the spool, or is lost.
func (d *Dest) lay() {
	if d.keeper != nil {
		d.queue.bar()
		d.queue.recall()
		d.keeper.close()
	}
	d.news.closed(d.queue.abandon())
}
