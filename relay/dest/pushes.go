package dest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/transport"
)

// pushes is a list in a Redis server. Each parcel becomes one command, which pushes all of its records or none, and is delivered when
// the server has answered: nothing is ever unproven. A connection that breaks before the answer leaves open whether the records are
// there, so they are pushed again.
type pushes struct {
	route
	turn
	trusting
	list List

	socket  *socket
	conn    net.Conn      // the socket, or TLS on it; nil if there is no connection
	answers chan answer   // of the connection
	gone    chan struct{} // closed when it has ended
	why     error         // what ended it; to be read after gone

	command, record []byte // room
}

// An answer is the server's to one command: nil, or what it refuses the command for.
type answer struct{ refusal error }

// newPushes returns the wire to the list that an endpoint names.
func newPushes(endpoint string, o Options, dial Dialer, log *zap.Logger) (*pushes, error) {
	list, err := ParseList(endpoint)
	if err != nil {
		return nil, err
	}
	if list.secure && o.TLS == nil {
		o.TLS = &transport.ClientTLS{}
	}
	o.Transport = "tcp"
	r, err := newRoute(list.Address, o, dial, log)
	if err != nil {
		return nil, err
	}
	return &pushes{route: r, turn: newTurn(r.name(), o, log), list: list}, nil
}

// confirms says that what was sent is answered.
func (w *pushes) confirms() confirm { return answered }

// open connects and says who we are, and which database is meant.
func (w *pushes) open(ctx context.Context) error {
	w.drop()
	s, conn, _, err := w.connect(ctx, "")
	if err != nil {
		return err
	}
	w.socket, w.conn = s, conn
	w.answers, w.gone, w.why = make(chan answer, maxHand), make(chan struct{}), nil
	go w.read(conn, w.answers, w.gone)
	w.begin(s.RemoteAddr())
	defer context.AfterFunc(ctx, s.hurry)()
	commands, n := w.list.greeting()
	if _, err := w.conn.Write(commands); err != nil {
		return w.because(err)
	}
	for range n {
		if refusal, err := w.answer(ctx); err != nil || refusal != nil {
			return errors.Join(err, refusal)
		}
	}
	return nil
}

// read takes the answers of one connection until it ends.
func (w *pushes) read(conn net.Conn, answers chan<- answer, gone chan<- struct{}) {
	defer close(gone)
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 4<<10)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			w.why = errGone
			if transport.Refused(err) {
				w.why = errors.New(transport.Explain(err, w.host))
			}
			return
		}
		line = bytes.TrimRight(line, "\r\n")
		a := answer{}
		switch {
		case len(line) > 0 && line[0] == '-':
			a.refusal = fmt.Errorf("the server answers: %s", bytes.ToValidUTF8(line[1:], []byte("?")))
		case len(line) > 0 && (line[0] == ':' || line[0] == '+'):
		default:
			w.why = errStrange
			return
		}
		select {
		case answers <- a:
		default: // more answers than questions
			w.why = errStrange
			return
		}
	}
}

// answer waits for the server's next answer.
func (w *pushes) answer(ctx context.Context) (refusal, err error) {
	t := time.NewTimer(w.patience)
	defer t.Stop()
	select {
	case a := <-w.answers:
		return a.refusal, nil
	default:
	}
	select {
	case a := <-w.answers:
		return a.refusal, nil
	case <-w.gone:
		select { // it came before the end
		case a := <-w.answers:
			return a.refusal, nil
		default:
			return nil, w.why
		}
	case <-t.C:
		return nil, errMute
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// because returns what ended the connection on which a write failed.
func (w *pushes) because(err error) error {
	t := time.NewTimer(verdictWait)
	defer t.Stop()
	select {
	case <-w.gone:
		return w.why
	case <-t.C:
		return err
	}
}

// send pushes the parcels, one after the other without a wait between them, and then takes the answers.
func (w *pushes) send(ctx context.Context, ps []parcel) (written int64, err error) {
	defer context.AfterFunc(ctx, w.socket.hurry)()
	if len(w.answers) > 0 { // to what nobody asked
		return 0, errStrange
	}
	before := w.socket.written.Load()
	sent := 0
	for ; sent < len(ps) && err == nil; sent++ {
		w.command, w.record = w.list.appendPush(w.command[:0], ps[sent].frame.Bytes, w.record)
		if _, failed := w.conn.Write(w.command); failed != nil {
			err = w.because(failed)
		}
	}
	whole := sent
	if err != nil {
		whole-- // the server takes no part of a command
	}
	for i := range ps[:whole] {
		refusal, failed := w.answer(ctx)
		switch {
		case failed != nil:
			for k := i; k < whole; k++ {
				ps[k].cut = true
			}
			if err == nil {
				err = failed
			}
			return w.socket.written.Load() - before, err
		case refusal != nil:
			err = refusal
		default:
			ps[i].deliver()
		}
	}
	return w.socket.written.Load() - before, err
}

func (w *pushes) broken() <-chan struct{} {
	if w.conn == nil {
		return nil
	}
	return w.gone
}

func (w *pushes) cause() error { return w.why }

// end ends the connection; all that was sent on it is answered.
func (w *pushes) end(context.Context, time.Time) error {
	w.drop()
	return nil
}

func (w *pushes) close(context.Context, time.Time) error {
	w.drop()
	return nil
}

// drop closes the connection, if there is one, and waits for its reader.
func (w *pushes) drop() {
	w.turn.end()
	if w.conn != nil {
		w.conn.Close()
		<-w.gone
		w.conn = nil
	}
}
