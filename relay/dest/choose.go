package dest

// choose makes the wire that o asks for.
func (d *Dest) choose(o Options, dial Dialer) (err error) {
	if o.Protocol == "log" {
		if d.sink, err = newSink(d.address, o.Layout, o.WriteTimeout); err == nil {
			d.wire = d.sink
		}
		return err
	}
	if o.Protocol == "redis" {
		w, err := newPushes(d.address, o, dial, d.news.log)
		if err == nil {
			d.wire, d.tls = w, w.tls
		}
		return err
	}
	r, err := newRoute(d.address, o, dial, d.news.log)
	if err != nil {
		return err
	}
	d.tls = r.tls
	if o.Transport == "udp" {
		d.wire = newPackets(r, o, d.news.log)
		return nil
	}
	d.stream, err = newStream(r, o, d.news.log)
	d.wire = d.stream
	return err
}
