package dest

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pipePiece is how much a pipe, socket or terminal that polls as ready takes without blocking.
const pipePiece = 4096

// pollEvery is how often a write that waits for a blocking descriptor looks whether its time is over.
const pollEvery = 100 * time.Millisecond

// An output is an open file that lines are appended to.
type output struct {
	file *os.File
	poll bool   // a blocking descriptor of something that can block for ever: ask before each write
	used uint64 // when a tree used it last
}

// openOutput opens the file at path, or makes it. A pipe without a reader is an error instead of a wait.
func openOutput(path string) (*output, error) {
	f, err := os.OpenFile(path, openFlags, openMode)
	if err != nil {
		return nil, err
	}
	return newOutput(f, func() (*os.File, error) { return os.Open(path) })
}

const (
	openFlags = os.O_WRONLY | os.O_APPEND | os.O_CREATE | syscall.O_NONBLOCK
	openMode  = 0o644
)

// standard returns an output to a standard stream, through a descriptor of its own: a broken pipe is then an error like
// any other and not the end of the process.
func standard(std *os.File) (*output, error) {
	raw, err := std.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, dup := -1, error(nil)
	if err := raw.Control(func(old uintptr) { fd, dup = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return nil, err
	}
	if dup != nil {
		return nil, os.NewSyscallError("dup", dup)
	}
	return newOutput(os.NewFile(uintptr(fd), std.Name()), nil)
}

// newOutput makes an output of f. A regular file that does not end with a newline was cut by a crash, or by a disk that
// was full until we gave up: its last line is ended first, so that it does not swallow ours. read opens the same file
// for reading.
func newOutput(f *os.File, read func() (*os.File, error)) (*output, error) {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	o := &output{file: f}
	if !info.Mode().IsRegular() {
		o.poll = errors.Is(f.SetWriteDeadline(time.Time{}), os.ErrNoDeadline)
		return o, nil
	}
	if read == nil || info.Size() == 0 {
		return o, nil
	}
	r, err := read()
	if err != nil {
		return o, nil // not ours to read
	}
	defer r.Close()
	last := make([]byte, 1)
	if _, err := r.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
		if _, err := f.Write([]byte("\n")); err != nil {
			f.Close()
			return nil, err
		}
	}
	return o, nil
}

func (o *output) close() { o.file.Close() }

// write appends b and returns how much of it was written, all unless there is an error. It gives up when ctx is done,
// or when nothing was taken for as long as patience.
func (o *output) write(ctx context.Context, b []byte, patience time.Duration) (n int, err error) {
	defer context.AfterFunc(ctx, func() { o.file.SetWriteDeadline(past) })()
	for n < len(b) {
		o.file.SetWriteDeadline(time.Now().Add(patience)) // regular files have none, and never wait
		if err := ctx.Err(); err != nil {
			return n, err
		}
		piece := b[n:]
		if o.poll {
			if err := o.ready(ctx, patience); err != nil {
				return n, err
			}
			piece = piece[:min(len(piece), pipePiece)]
		}
		w, err := o.file.Write(piece)
		n += w
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && w > 0 && ctx.Err() == nil: // slow, but moving
		case errors.Is(err, os.ErrDeadlineExceeded):
			return n, errStalled
		default:
			return n, err
		}
	}
	return n, nil
}

// ready waits until the descriptor takes something.
func (o *output) ready(ctx context.Context, patience time.Duration) error {
	raw, err := o.file.SyscallConn()
	if err != nil {
		return err
	}
	for end := time.Now().Add(patience); ; {
		n, failed := 0, error(nil)
		err := raw.Control(func(fd uintptr) {
			fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
			n, failed = unix.Poll(fds, int(pollEvery.Milliseconds()))
		})
		switch {
		case err != nil:
			return err
		case failed != nil && failed != unix.EINTR:
			return os.NewSyscallError("poll", failed)
		case n > 0:
			return nil // or in error, which the write will tell
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(end):
			return errStalled
		}
	}
}

// passes says whether err may go away while the file stays open: somebody makes room, or reads again.
func passes(err error) bool {
	return errors.Is(err, errStalled) || errors.Is(err, context.Canceled) || errors.Is(err, syscall.ENOSPC) ||
		errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EIO)
}
