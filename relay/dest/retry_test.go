package dest

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon/stat"
)

// Pauses double from the shortest to the longest, with jitter; the log hears of ever fewer failures.
func TestRetryPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, logs := watched()
		var tries []time.Time
		o := DefaultOptions()
		d, err := New("c", "host:2003", o, func(context.Context, string, string) (net.Conn, error) {
			tries = append(tries, time.Now())
			return nil, errors.New("no route")
		}, log)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		d.Push(numbered(0, 7))
		time.Sleep(time.Hour)
		synctest.Wait()
		for i := 1; i < len(tries); i++ {
			bound := o.Reconnect[1]
			if i < 10 {
				bound = min(bound, o.Reconnect[0]<<(i-1))
			}
			if pause := tries[i].Sub(tries[i-1]); pause < bound/2 || pause > bound {
				t.Errorf("pause %d is %s, want %s to %s", i, pause, bound/2, bound)
			}
		}
		// An hour of half-minute pauses: 120 to 240 attempts, 8 or so messages.
		if n := len(tries); n < 120 || n > 260 {
			t.Errorf("%d attempts in an hour", n)
		}
		if got := said(logs); len(got) > 9 || got[0] != "endpoint down" || got[1] != "endpoint still down" {
			t.Errorf("the log says %q", got)
		}
		if s := d.Status(); s.State != Down || s.Error != "no route" || s.OldestMS != 3_600_000 || s.Failures != len(tries) {
			t.Errorf("got status %+v", s)
		}

		// Close tries once more at once, then at short pauses, and gives up when its time is over.
		before := len(tries)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if lost := d.Close(ctx); lost != 7 {
			t.Errorf("lost %d", lost)
		}
		if tries[before] != start {
			t.Errorf("the first attempt of Close came after %s", tries[before].Sub(start))
		}
		if n := len(tries) - before; n < 4 || time.Since(start) != time.Second {
			t.Errorf("%d attempts in %s", n, time.Since(start))
		}
		counts(t, d)
	})
}

// pipes is a Dialer of in-memory connections; the endpoints' sides come out of the channel.
func pipes() (Dialer, chan net.Conn) {
	ends := make(chan net.Conn, 100)
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		ends <- theirs
		return ours, nil
	}, ends
}

// Connections that do not hold do not start the pauses over; one that held does.
func TestRetryHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, logs := watched()
		dial, ends := pipes()
		d, err := New("c", "host:2003", DefaultOptions(), dial, log)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		start := time.Now()
		for range 20 {
			(<-ends).Close() // accepted and closed: again and again
		}
		if took := time.Since(start); took < 2*time.Minute {
			t.Errorf("20 connections in %s", took)
		}
		if got := said(logs); len(got) > 11 {
			t.Errorf("flapping fills the log: %q", got)
		}
		c := <-ends
		time.Sleep(11 * time.Second)
		c.Close()
		closed := time.Now()
		<-ends
		if pause := time.Since(closed); pause > 100*time.Millisecond {
			t.Errorf("a pause of %s after a connection that held", pause)
		}
		synctest.Wait()
		if got := said(logs); !slices.Equal(got[len(got)-2:], []string{"endpoint down", "endpoint up"}) {
			t.Errorf("the log says %q", got)
		}
		d.Close(t.Context())
		if got := said(logs); got[len(got)-1] != "endpoint closed" {
			t.Errorf("the log says %q", got)
		}
	})
}

// A connection that takes a byte now and then is kept; one that takes none for write_timeout is not. Nothing is written
// into a connection that the endpoint has closed.
func TestRetryStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, ends := pipes()
		o := DefaultOptions()
		d, err := New("c", "host:2003", o, dial, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		c := <-ends
		d.Push(numbered(0, 20))
		for range 20 {
			time.Sleep(o.WriteTimeout * 9 / 10)
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Fatalf("cut although it moves: %v", err)
			}
		}
		stalled := time.Now()
		again := <-ends
		if took := time.Since(stalled); took < o.WriteTimeout || took > o.WriteTimeout*12/10 {
			t.Errorf("given up after %s", took)
		}
		again.Close() // while all is at rest but the write
		third := <-ends
		got := make([]byte, len(numbered(0, 20).Bytes))
		for n := 0; n < len(got); {
			m, err := third.Read(got[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += m
		}
		if string(got) != string(numbered(0, 20).Bytes) {
			t.Error("the cut frame was not sent again whole")
		}
		synctest.Wait()
		if c := counts(t, d); c.Delivered != 20 || c.Resent != 20 {
			t.Errorf("got %+v", c)
		}
		d.Close(t.Context())
	})
}

// A drain that succeeds ends at once; a dial that never answers does not hold Close up when nothing is queued.
func TestCloseInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, ends := pipes()
		d, err := New("c", "host:2003", DefaultOptions(), dial, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		c := <-ends
		for i := range 10 {
			d.Push(numbered(100*i, 100))
		}
		go func() {
			time.Sleep(3 * time.Second) // a slow endpoint
			for b := make([]byte, 64<<10); ; {
				if _, err := c.Read(b); err != nil {
					return
				}
			}
		}()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if lost := d.Close(ctx); lost != 0 || time.Since(start) != 3*time.Second {
			t.Errorf("lost %d in %s", lost, time.Since(start))
		}
		if c := counts(t, d); c.Delivered != 1000 {
			t.Errorf("got %+v", c)
		}

		never, err := New("c", "host:2003", DefaultOptions(), func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		never.Start()
		synctest.Wait()
		start = time.Now()
		if never.Close(ctx); time.Since(start) != 0 {
			t.Errorf("Close waited %s for a dial that nobody needs", time.Since(start))
		}
		if s := never.Status(); s.State != Closed || s.Error != "" {
			t.Errorf("got status %+v", s)
		}
	})
}

// Close without time: the frame that is being written is lost, and counted.
func TestCloseOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, ends := pipes()
		d, err := New("c", "host:2003", DefaultOptions(), dial, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		d.Push(numbered(0, 3))
		c := <-ends
		c.Read(make([]byte, 5))
		d.Push(numbered(3, 4))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if lost := d.Close(ctx); lost != 7 {
			t.Errorf("lost %d", lost)
		}
		if c := counts(t, d); c.Dropped[stat.LossShutdown] != 7 || c.Queued != 0 {
			t.Errorf("got %+v", c)
		}
		if _, err := c.Read(make([]byte, 5)); err == nil {
			t.Error("the connection is still open")
		}
	})
}
