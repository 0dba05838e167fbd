package dest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"go.uber.org/zap"
)

const (
	// maxPacket is the room of a datagram that passes every usual network in one piece.
	maxPacket = 1400
	// maxDatagram is the most that UDP can carry at all.
	maxDatagram = 65507
)

// packets are datagrams to one endpoint: whole lines, or one whole pickle frame each. UDP tells nothing of its losses
// but, now and then, that an earlier datagram was refused; that counts against the one whose write brought the news.
type packets struct {
	route
	turn
	trusting
	pickle bool
	conn   net.Conn
}

func newPackets(r route, o Options, log *zap.Logger) *packets {
	return &packets{route: r, turn: newTurn(r.name(), o, log), pickle: o.Protocol == "pickle"}
}

// open resolves the endpoint's name and makes a fresh socket for it.
func (u *packets) open(ctx context.Context) (err error) {
	u.drop()
	s, _, _, err := u.connect(ctx, "")
	if err != nil {
		return err
	}
	u.conn = s.Conn
	u.begin(u.conn.RemoteAddr())
	return nil
}

// send writes datagram by datagram; after an error the next send goes on with the next datagram.
func (u *packets) send(ctx context.Context, ps []parcel) (written int64, err error) {
	conn := u.conn // the function below may still run when u has no socket any more
	defer context.AfterFunc(ctx, func() { conn.SetWriteDeadline(past) })()
	for i := range ps {
		p := &ps[i]
		for !p.finished() {
			conn.SetWriteDeadline(time.Now().Add(u.patience))
			if err := ctx.Err(); err != nil {
				return written, err
			}
			size, points := u.cut(p)
			n, err := u.write(p.frame.Bytes[p.done : p.done+size])
			p.done += size
			written += int64(n)
			if err == nil {
				p.delivered += points
				continue
			}
			p.failed += points
			if !errors.Is(err, syscall.EMSGSIZE) {
				return written, err
			}
		}
	}
	return written, nil
}

// write writes one datagram.
func (u *packets) write(b []byte) (int, error) {
	if len(b) > maxDatagram {
		return 0, syscall.EMSGSIZE
	}
	return u.conn.Write(b)
}

// cut returns how much of what is left of p makes the next datagram, and how many points that is.
func (u *packets) cut(p *parcel) (size int, points int64) {
	b, left := p.frame.Bytes[p.done:], p.left-p.delivered-p.failed
	if u.pickle {
		if len(p.parts) == 0 {
			return len(b), left
		}
		next := p.parts[0]
		p.parts = p.parts[1:]
		return int(next.size), int64(next.points)
	}
	for size < len(b) {
		end := len(b)
		if i := bytes.IndexByte(b[size:], '\n'); i >= 0 {
			end = size + i + 1
		}
		if size > 0 && end > maxPacket {
			return size, points
		}
		size = end
		points++
	}
	return size, left
}

func (u *packets) end(context.Context, time.Time) error {
	u.drop()
	return nil
}

func (u *packets) close(context.Context, time.Time) error {
	u.drop()
	return nil
}

func (u *packets) drop() {
	u.turn.end()
	if u.conn != nil {
		u.conn.Close()
		u.conn = nil
	}
}
