package pattern

import (
	"strings"
	"testing"
)

// Which expressions have a plain form, and which have none.
func TestPlain(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		e, err := compileRegexp(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.simple != nil; got != want {
			t.Errorf("%s has a plain form: %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{
		`^servers\.web001\d+\.`, `\.api\.node[0-9]+-prod\.`, `^a[^.]+\.b$`, `^[a-z]+\.x`, `cpu`, `^`, `^$`, `^a.*`, `^a.*$`, `a[0-9]{3}b`, `^[0-9]{1,3}\.`,
		`^a+b`, `x[0-9]*?$`, `^(?:a)b`, `[0]1`, `^a?b`, `^[^.]*\.[^.]*\.c`, `^[0-9]+[^0-9]+`,
	} {
		f(text, true)
	}
	for _, text := range []string{
		`$`, `[0-9]+a`, `^a.*b`, `^[a-z]+b`, `(a)b`, `a|b.`, `(?i)ab`, `é`, `^[a-é]b`, `^[^.]{2}`, `^.b`, `^a*a?b`, `a^b`, `(?m:^)a`, `\bfoo`, `^(?:ab)+`, `^[ab]+[bc]+`,
		`^(?i:k)+`, `^é+a`,
	} {
		f(text, false)
	}
}

// A plain form says what the regular expression says.
func TestPlainIsTheSame(t *testing.T) {
	plainIsTheSame(t, `aa[0-9]`, "aaa1")
	plainIsTheSame(t, `^[a\x{ea}-\x{10ffff}]+$`, "aé")
	for seed := range uint64(3000) {
		r := newMaker(seed)
		text := r.pick("", "^", "^")
		for range 1 + r.IntN(5) {
			text += r.pick("a", "ab", "b", `\.`, "[0-9]", "[^.]", "[ab]", "[b-z0-9]", "-", ".", "[^a]", `[^\x00-\x7f]`, `[a\x{ea}-\x{10ffff}]`, "aa", "é") + r.pick("", "", "+", "*", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "+?")
		}
		text += r.pick("", "$", `\z`)
		for range 20 {
			path := ""
			for range r.IntN(8) {
				path += r.pick("a", "ab", "b", ".", "0", "17", "-", "é", "\xff", "\xc3", "\n", "aaa", "\u2028")
			}
			plainIsTheSame(t, text, path)
		}
	}
}

func plainIsTheSame(t *testing.T, text, path string) {
	t.Helper()
	e, err := compileRegexp(text)
	if err != nil || e.simple == nil {
		return
	}
	if got, sure := e.simple.match(path); sure && got != e.MatchString(path) {
		t.Errorf("the plain form of %q on %q says %v", text, path, got)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(`^ams\.api0000\.node[0-9]+-prod\.`, "ams.api0000.node17-prod.cpu")
	f.Add(`\.api[^.]+\.x{1,3}$`, "é.api\xff.xx")
	f.Add(`ab*[c-e]{2}`, "abbabbcc")
	f.Fuzz(func(t *testing.T, text, path string) {
		if len(text) < 200 && len(path) < 1000 {
			plainIsTheSame(t, text, path)
		}
	})
}

// A path that is full of beginnings does not take longer than in proportion to its length.
func TestPlainGivesUp(t *testing.T) {
	e, err := compileRegexp(`a[a-z]+1`)
	if err != nil {
		t.Fatal(err)
	}
	f := func(path string, ok, sure bool) {
		t.Helper()
		if gotOK, gotSure := e.simple.match(path); gotOK != ok || gotSure != sure {
			t.Errorf("%d bytes: %v, %v, want %v, %v", len(path), gotOK, gotSure, ok, sure)
		}
		if got := e.match(path, new(Captures)); got != e.MatchString(path) {
			t.Errorf("%d bytes: %v", len(path), got)
		}
	}
	f(strings.Repeat("a", 1000), false, false)
	f(strings.Repeat("a", 1000)+"1", true, true)
	f(strings.Repeat("a-", 1000)+"aa1", false, false)
	f(strings.Repeat("b", 1000), false, true)
}

// BenchmarkPlain is what the plain form saves.
func BenchmarkPlain(b *testing.B) {
	e, err := compileRegexp(`^ams\.api0000\.node[0-9]+-prod\.`)
	if err != nil {
		b.Fatal(err)
	}
	const name = "ams.api0000.node017-prod.cpu-0.percent.user-value"
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			e.simple.match(name)
		}
	})
	b.Run("regexp", func(b *testing.B) {
		for b.Loop() {
			e.MatchString(name)
		}
	})
}
