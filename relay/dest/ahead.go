package dest

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// A next is a connection, or why there is none.
type next struct {
	link     *link
	err      error
	resolved bool // the endpoint's name was looked up for it
}

// An ahead is a connection that is made before it is needed.
type ahead struct {
	made chan next // nil if none is made
	stop context.CancelFunc
}

// begin makes a connection in the background.
func (a *ahead) begin(ctx context.Context, connect func(context.Context) next) {
	ctx, stop := context.WithCancel(ctx)
	made := make(chan next, 1)
	a.made, a.stop = made, stop
	go func() { made <- connect(ctx) }()
}

// take waits for the connection and returns it; nothing if none was begun, or if it could not be made without asking for
// the endpoint's name.
func (a *ahead) take(ctx context.Context) (n next) {
	if a.made == nil {
		return n
	}
	select {
	case n = <-a.made:
		a.stop()
		*a = ahead{}
	case <-ctx.Done():
		a.drop()
		return next{err: ctx.Err()}
	}
	if n.err != nil && !n.resolved {
		return next{}
	}
	return n
}

// drop gives the connection up.
func (a *ahead) drop() {
	if a.made == nil {
		return
	}
	a.stop()
	if n := <-a.made; n.link != nil {
		n.link.close()
	}
	*a = ahead{}
}

// reach makes a connection: to an address, or if that is "" to what the endpoint's name stands for now.
func (s *stream) reach(ctx context.Context, address string) next {
	n := next{resolved: address == ""}
	socket, conn, verdict, err := s.connect(ctx, address)
	if err != nil {
		n.err = err
		return n
	}
	l := newLink(socket, conn, s.host)
	if verdict > 0 {
		// Whatever were written before a refusal comes would be lost.
		t := time.NewTimer(verdict)
		defer t.Stop()
		select {
		case <-l.gone:
			n.err = l.end
			return n
		case <-ctx.Done():
			l.close()
			n.err = ctx.Err()
			return n
		case <-t.C:
		}
	}
	n.link = l
	return n
}

// proceed begins to make the connection that follows the present one: to the same address, unless its turn is over. Asking
// for the name each time would ask the resolver a hundred times a second.
func (s *stream) proceed(ctx context.Context) {
	address := ""
	if s.name() != "" && !s.turn.over() {
		if at, ok := addressOf(s.link.socket.RemoteAddr()); ok && at.IsValid() {
			address = s.link.socket.RemoteAddr().String()
		}
	}
	s.ahead.begin(ctx, func(ctx context.Context) next { return s.reach(ctx, address) })
}

// end ends the connection in order and has the next one made meanwhile. It returns nil if the endpoint has everything, as
// far as that is to be proven; since is when the first of that was written, zero if there is nothing.
func (s *stream) end(ctx context.Context, since time.Time) error {
	s.proceed(ctx)
	err := s.settle(ctx, since)
	s.drop()
	if err != nil {
		s.ahead.drop()
	}
	return err
}

// close ends the connection likewise, and all others.
func (s *stream) close(ctx context.Context, since time.Time) error {
	err := ctx.Err()
	if err == nil && s.link != nil {
		err = s.settle(ctx, since)
	}
	s.turn.end()
	s.drop()
	s.ahead.drop()
	return err
}

// settle ends the compressed stream, then TLS, then our side of the connection, and waits for the endpoint's.
func (s *stream) settle(ctx context.Context, since time.Time) error {
	way := s.confirms()
	if since.IsZero() {
		way = trusted
	}
	err := s.endPacked(ctx)
	if err == nil {
		err = s.link.finish(ctx)
	}
	switch {
	case way == trusted && err != nil:
		return nil
	case err != nil:
		return s.why(err)
	case way == proven:
		return s.judge(s.link.proof(ctx, since, silence(s.unread)))
	}
	s.link.linger(ctx, s.patience)
	if way == estimated && !s.link.ended() && unacknowledged(s.link.socket.Conn) > 0 {
		return errStalled
	}
	return nil
}

const (
	// fewSilent is how many proofs in a row an endpoint that never gave one may leave out before it is asked no more.
	fewSilent = 3
	// manySilent is the same for one that gave some: it is rather stuck, for so long, than that it was replaced by another.
	manySilent = 12
	// askAgain is how long an endpoint that is asked no more is let be at least. The next connection asks it once: it may
	// have been replaced by one that answers.
	askAgain = time.Minute
)

// judge looks at what came of a proof that was asked for. An endpoint that has never answered, or something between it and
// us that does not pass on the end of one side, is asked no more: its proofs are estimates from then on, this one too.
func (s *stream) judge(err error) error {
	switch {
	case err == nil:
		if !s.mute.IsZero() {
			s.log.Info("the endpoint says again that it has read everything")
		}
		s.silent, s.proved, s.mute = 0, true, time.Time{}
	case err == errSilent:
		if s.silent++; s.silent >= manySilent || s.silent >= fewSilent && !s.proved {
			if s.mute.IsZero() {
				s.log.Warn("the endpoint never says that it has read everything: what is delivered is estimated from now on, as with confirm = \"window\"",
					zap.Int("times", s.silent))
			}
			s.way, s.proved, s.mute = estimated, false, time.Now()
			return nil
		}
	}
	return err
}

// reconsider has an endpoint that is asked no more asked once, on the connection that was just made, if it was let be for
// long enough.
func (s *stream) reconsider() {
	if s.way == estimated && !s.mute.IsZero() && time.Since(s.mute) >= askAgain {
		s.way, s.silent = proven, fewSilent-1
	}
}

// endPacked ends the compressed stream, if one was begun.
func (s *stream) endPacked(ctx context.Context) error {
	if !s.begun {
		return nil
	}
	s.packed.Reset()
	if err := s.press.Close(); err != nil {
		return err
	}
	s.rest = append(s.chunk[:0], s.packed.Bytes())
	_, err := s.write(ctx)
	return err
}
