package convert

// exprs takes expressions up to one of the keywords that end them.
func (p *relayParser) exprs(ends ...string) (all []word, err error) {
	for !p.peek().is(append(ends, ";")...) {
		w, err := p.text("an expression")
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	if len(all) == 0 {
		return nil, p.wrong("an expression")
	}
	return all, nil
}

// clusters takes what stands behind "send to".
func (p *relayParser) clusters() (names []string, err error) {
	if p.accept("send") {
		if err := p.expect("to"); err != nil {
			return nil, err
		}
		for !p.peek().is(";", "stop") {
			if len(names) > 0 && (names[0] == "blackhole" || p.peek().is("blackhole")) {
				return nil, p.wrong("no other cluster beside blackhole")
			}
			w, err := p.text("a cluster")
			if err != nil {
				return nil, err
			}
			names = append(names, w.text)
		}
		if len(names) == 0 {
			return nil, p.wrong("a cluster")
		}
	}
	return names, nil
}

func (p *relayParser) match(at Place) (any, error) {
	m := relayMatch{at: at}
	var err error
	if m.exprs, err = p.exprs("validate", "route", "send", "stop"); err != nil {
		return nil, err
	}
	for _, w := range m.exprs {
		if w.text == "*" {
			m.exprs = nil // all the same, what else there is
			break
		}
	}
	if p.accept("validate") {
		w, err := p.text("an expression")
		if err != nil {
			return nil, err
		}
		m.validate = w.text
		if err := p.expect("else"); err != nil {
			return nil, err
		}
		if m.invalid, err = p.choice("log", "drop"); err != nil {
			return nil, err
		}
	}
	if p.accept("route") {
		if err := p.expect("using"); err != nil {
			return nil, err
		}
		w, err := p.text("a replacement")
		if err != nil {
			return nil, err
		}
		m.using = w.text
	}
	if m.send, err = p.clusters(); err != nil {
		return nil, err
	}
	m.stop = p.accept("stop")
	return m, nil
}

func (p *relayParser) rewrite(at Place) (any, error) {
	r := relayRewrite{at: at}
	var err error
	if r.expr, err = p.text("an expression"); err != nil {
		return nil, err
	}
	if err := p.expect("into"); err != nil {
		return nil, err
	}
	r.into, err = p.text("a replacement")
	return r, err
}

func (p *relayParser) aggregate(at Place) (any, error) {
	a := relayAggregate{at: at, stamp: "end"}
	var err error
	if a.exprs, err = p.exprs("every"); err != nil {
		return nil, err
	}
	if a.every, err = p.seconds("every"); err != nil {
		return nil, err
	}
	if a.expire, err = p.seconds("expire", "after"); err != nil {
		return nil, err
	}
	if p.accept("timestamp") {
		if err := p.expect("at"); err != nil {
			return nil, err
		}
		if a.stamp, err = p.choice("start", "middle", "end"); err != nil {
			return nil, err
		}
		if err := p.expect("of", "bucket"); err != nil {
			return nil, err
		}
	}
	for p.peek().is("compute") || len(a.compute) == 0 {
		c, err := p.compute()
		if err != nil {
			return nil, err
		}
		a.compute = append(a.compute, c)
	}
	if a.send, err = p.clusters(); err != nil {
		return nil, err
	}
	a.stop = p.accept("stop")
	return a, nil
}

// seconds takes keywords, a number and the word seconds.
func (p *relayParser) seconds(keywords ...string) (int, error) {
	if err := p.expect(keywords...); err != nil {
		return 0, err
	}
	n, err := p.number("a number of seconds")
	if err != nil {
		return 0, err
	}
	return n, p.expect("seconds")
}

func (p *relayParser) compute() (c relayCompute, err error) {
	c.at = p.peek().at
	if err := p.expect("compute"); err != nil {
		return c, err
	}
	if w := p.peek(); relayFunction(w.text) == "" {
		return c, p.wrong("a function: sum, count, max, min, average, median, percentile1 to percentile99, variance or stddev")
	}
	c.function = relayFunction(p.next().text)
	if err := p.expect("write", "to"); err != nil {
		return c, err
	}
	c.into, err = p.text("a metric")
	return c, err
}

func (p *relayParser) statistics(at Place) (any, error) {
	s := relayStatistics{at: at, every: 60, prefix: `carbon.relays.\.1`}
	var err error
	if p.accept("submit") {
		if s.every, err = p.seconds("every"); err != nil {
			return nil, err
		}
	}
	if p.accept("reset") {
		if err := p.expect("counters", "after", "interval"); err != nil {
			return nil, err
		}
		s.reset = true
	}
	if p.accept("prefix") {
		if err := p.expect("with"); err != nil {
			return nil, err
		}
		w, err := p.text("a prefix")
		if err != nil {
			return nil, err
		}
		s.prefix = w.text
	}
	if s.send, err = p.clusters(); err != nil {
		return nil, err
	}
	s.stop = p.accept("stop")
	return s, nil
}

// sendStatistics reads the old form.
func (p *relayParser) sendStatistics(at Place) (any, error) {
	s := relayStatistics{at: at, every: 60, prefix: `carbon.relays.\.1`}
	if err := p.expect("statistics"); err != nil {
		return nil, err
	}
	p.i -= 2 // "send statistics to" is "send to" with a word between
	p.words[p.i+1] = p.words[p.i]
	p.i++
	var err error
	if s.send, err = p.clusters(); err != nil {
		return nil, err
	}
	s.stop = p.accept("stop")
	return s, nil
}

func (p *relayParser) listen(at Place) (any, error) {
	l := relayListen{at: at, transport: "plain"}
	if err := p.expect("type", "linemode"); err != nil {
		return nil, err
	}
	var err error
	if p.accept("transport") {
		if l.transport, err = p.transport(); err != nil {
			return nil, err
		}
		if p.peek().is("ssl", "mtls") {
			if err := p.listenTLS(&l); err != nil {
				return nil, err
			}
		}
	}
	for !p.peek().is(";") || len(l.sockets) == 0 {
		w, err := p.text("a port, an address or a path")
		if err != nil {
			return nil, err
		}
		if err := p.expect("proto"); err != nil {
			return nil, err
		}
		proto, err := p.choice("tcp", "udp", "unix")
		if err != nil {
			return nil, err
		}
		l.sockets = append(l.sockets, [2]string{w.text, proto})
	}
	return l, nil
}

func (p *relayParser) listenTLS(l *relayListen) error {
	l.tls = p.next().text
	w, err := p.text("the path of a certificate")
	if err != nil {
		return err
	}
	l.cert = w.text
	for p.peek().is("protomin", "protomax", "ciphers", "ciphersuites") {
		name := p.next().text
		w, err := p.text("a value")
		if err != nil {
			return err
		}
		l.options = append(l.options, name, w.text)
	}
	return nil
}
