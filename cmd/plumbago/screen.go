package main

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// A screen shows frames on a screen of its own and tells of keys.
type screen struct {
	in, out *os.File
	before  *unix.Termios
	keys    chan byte
}

// openScreen takes the terminal over, if in and out are one.
func openScreen(in, out *os.File) (*screen, bool) {
	before, err := unix.IoctlGetTermios(int(in.Fd()), unix.TCGETS)
	if err != nil {
		return nil, false
	}
	if _, err := unix.IoctlGetWinsize(int(out.Fd()), unix.TIOCGWINSZ); err != nil {
		return nil, false
	}
	raw := *before
	raw.Lflag &^= unix.ICANON | unix.ECHO
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(int(in.Fd()), unix.TCSETS, &raw) != nil {
		return nil, false
	}
	t := &screen{in: in, out: out, before: before, keys: make(chan byte)}
	t.out.WriteString("\x1b[?1049h\x1b[?25l") // another screen, without a cursor
	go func() {                               // ends with the process: a read of a terminal cannot be interrupted
		var key [1]byte
		for {
			if n, err := t.in.Read(key[:]); n != 1 || err != nil {
				return
			}
			t.keys <- key[0]
		}
	}()
	return t, true
}

// show shows a frame: as many of its lines, and of each as much, as there is room for.
func (t *screen) show(frame string) {
	rows, columns := 24, 80
	if size, err := unix.IoctlGetWinsize(int(t.out.Fd()), unix.TIOCGWINSZ); err == nil && size.Row > 0 && size.Col > 0 {
		rows, columns = int(size.Row), int(size.Col)
	}
	lines := strings.Split(strings.TrimRight(frame, "\n"), "\n")
	lines = lines[:min(len(lines), rows-1)]
	var b strings.Builder
	b.WriteString("\x1b[H")
	for _, line := range lines {
		if r := []rune(line); len(r) > columns {
			line = string(r[:columns])
		}
		b.WriteString(line + "\x1b[K\r\n")
	}
	b.WriteString("\x1b[J\x1b[7mq\x1b[0m quit")
	t.out.WriteString(b.String())
}

// close gives the terminal back as it was.
func (t *screen) close() {
	t.out.WriteString("\x1b[?25h\x1b[?1049l")
	_ = unix.IoctlSetTermios(int(t.in.Fd()), unix.TCSETS, t.before)
}
