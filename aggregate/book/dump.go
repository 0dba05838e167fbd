package book

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"plumbago/aggregate"
	"plumbago/aggregate/state"
	"plumbago/carbon"
)

// dumpVersion is of what a dump holds: of the Book's own records, and of those of the aggregates.
const dumpVersion = 1<<16 | aggregate.StateVersion

// recordPages begins a record of registrations. Those of the aggregates begin with capital letters.
const recordPages = 'p'

// errPages is of a dump whose frame is whole, but whose registrations make no sense.
var errPages = errors.New("its registrations make no sense")

// Dump writes down all that the Book holds, with all that was set before the call: registrations, series with their open
// slices, the past that is kept of them. Values that come meanwhile may be in it or not.
func (b *Book) Dump(w io.Writer) error {
	if err := b.dump(context.Background(), w); err != nil {
		return fmt.Errorf("dumping: %w", err)
	}
	return nil
}

func (b *Book) dump(ctx context.Context, w io.Writer) error {
	b.flush()
	out := state.NewWriter(w, dumpVersion, time.Now())
	for _, l := range b.lanes {
		l.Lock()
		record := l.appendPages([]byte{recordPages})
		l.Unlock()
		out.Record(record)
	}
	if err := b.aggregator.SaveTo(ctx, out, true); err != nil {
		return err
	}
	return out.Finish()
}

// CloseInto closes the Book, and dumps what is open in place of emitting it, so that a Book that loads the dump goes on as
// if nothing had happened. If that fails, it is emitted.
func (b *Book) CloseInto(ctx context.Context, w io.Writer) error {
	b.aggregator.CloseWith(func(ctx context.Context) error { return b.dump(ctx, w) })
	return b.Close(ctx)
}

// Load opens a Book with what Dump or CloseInto has written. A rule has its series again if it is the same, but for what
// may change at any time: its place, As, Wait, Grace, Late and Keep. What is of other rules is left out, and so is what the
// limits leave no room for.
func Load(in io.Reader, o Options) (*Book, error) {
	b, err := newBook(o)
	if err != nil {
		return nil, err
	}
	if _, err := b.aggregator.RestoreFrom(in, dumpVersion, b.takePages); err != nil {
		return nil, fmt.Errorf("loading a dump: %w", err)
	}
	b.start(o)
	return b, nil
}

// appendPages appends the registrations of a lane.
func (l *lane) appendPages(dst []byte) []byte {
	for name, p := range l.pages {
		if !p.registered {
			continue
		}
		dst = append(state.AppendText(dst, name), byte(p.kind))
		dst = binary.AppendUvarint(dst, uint64(len(p.rules)))
		for _, rule := range p.rules {
			dst = state.AppendText(dst, l.book.rules[rule].Rule.Name)
		}
	}
	return dst
}

// takePages takes registrations over. One to rules that are all gone is left out.
func (b *Book) takePages(record []byte) error {
	if record[0] != recordPages {
		return errPages
	}
	for d := state.NewDecoder(record[1:]); len(d.Rest()) > 0; {
		name, k := string(d.Text()), Kind(d.Uint32())
		p := &page{kind: k, registered: true}
		rules := d.Count(1)
		for range rules {
			called := string(d.Text())
			at := slices.IndexFunc(b.rules, func(r *rule) bool { return r.Rule.Name == called })
			if at >= 0 && called != "" && b.rules[at].series(name, true) != "" {
				p.rules = append(p.rules, at)
			}
		}
		clean, err := carbon.CleanName(name)
		if d.Failed() || k > Diff || err != nil || clean != name {
			return errPages
		}
		matches := func(r *rule) bool { return r.series(name, false) != "" }
		if len(p.rules) == 0 && (rules > 0 || !slices.ContainsFunc(b.rules, matches)) {
			continue
		}
		slices.Sort(p.rules)
		b.lane(name).pages[name] = p
	}
	return nil
}
