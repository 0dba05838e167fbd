package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// longestName is how long a line with a name may be: longer than any name, so that what is wrong with one can be said.
const longestName = 64 << 10

// each calls f with the clean form of every name that args hold; "-" stands for the lines of in. What is no name is told
// on standard error and left out, and bad says that there was some.
func each(args []string, in io.Reader, f func(name string) error) (bad bool, err error) {
	one := func(given string) error {
		name, err := carbon.CleanName(given)
		if err != nil {
			hint := ""
			if err.Error() == stat.BadName.String() {
				hint = " (it is empty, or holds a space, a control character or the like)"
			}
			fmt.Fprintf(os.Stderr, "plumbago: %.80q is no name: %v%s\n", given, err, hint)
			bad = true
			return nil
		}
		return f(name)
	}
	for _, arg := range args {
		if arg != "-" {
			err = one(arg)
		} else {
			err = eachLine(in, one)
		}
		if err != nil {
			return bad, err
		}
	}
	return bad, nil
}

// eachLine calls f with every line of in that is not blank, however many there are.
func eachLine(in io.Reader, f func(line string) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestName)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			if err := f(line); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("standard input has a line of more than %d bytes", longestName)
	} else if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	return nil
}
