package carbon

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// slowNumber is ParseNumber said in terms of strconv, without regard to time or memory.
func slowNumber(text string) (v float64, ok bool) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false // x and p are hexadecimal, _ is Go's, and letters make NaN and infinity
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// slowTime is parseTime in exact arithmetic.
func slowTime(text string, now int64) (ms int64, whole, ok bool) {
	if text == "-1" {
		return now, false, true
	}
	if f, ok := slowNumber(text); !ok || f > 1e10 || strings.HasPrefix(text, "-") {
		return 0, false, false // the bound keeps big.Rat from computing enormous powers
	}
	r := new(big.Rat)
	if f, _ := slowNumber(text); f >= 1e-6 {
		r.SetString(text)
	}
	r.Mul(r, big.NewRat(1000, 1))
	ms = new(big.Int).Quo(r.Num(), r.Denom()).Int64()
	if ms > 4294967295_000 {
		return 0, false, false
	}
	return ms, strconv.FormatInt(ms/1000, 10) == text, true
}

func TestParseNumber(t *testing.T) {
	f := func(t *testing.T, in string, want float64) {
		t.Helper()
		got, ok := ParseNumber([]byte(in))
		if !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("ParseNumber(%q) = %v, %v; want %v", in, got, ok, want)
		}
	}
	f(t, "0", 0)
	f(t, "-0", math.Copysign(0, -1))
	f(t, "1", 1)
	f(t, "+1", 1)
	f(t, ".5", 0.5)
	f(t, "5.", 5)
	f(t, "-.5e1", -5)
	f(t, "1.5e-3", 0.0015)
	f(t, "1E3", 1000)
	f(t, "0.1", 0.1)
	f(t, "00000000000000000000000000012", 12)
	f(t, "9007199254740993", 9007199254740992)
	f(t, "9007199254740992e22", 9007199254740992e22)
	f(t, "123456789012345678901234567890", 123456789012345678901234567890)
	f(t, "0.00000000000000000000123456789012345678901234567890", 1.2345678901234568e-21)
	f(t, "1.7976931348623157e308", math.MaxFloat64)
	f(t, "5e-324", 5e-324)
	f(t, "1e-400", 0)
	f(t, "0e999999999999", 0)
	f(t, "1"+strings.Repeat("0", 400)+"e-400", 1)
	f(t, "0."+strings.Repeat("0", 400)+"1e401", 1)
}

func TestParseNumberRefuses(t *testing.T) {
	f := func(t *testing.T, in string) {
		t.Helper()
		if v, ok := ParseNumber([]byte(in)); ok {
			t.Errorf("ParseNumber(%q) = %v; want it refused", in, v)
		}
	}
	for _, in := range []string{
		"", "+", "-", ".", "-.", "e5", ".e5", "1e", "1e+", "1e1.5", "--1", "+-1", "1.2.3", "1,5", "1_000", "0x10", "0x1p4",
		"nan", "NaN", "inf", "-Inf", "Infinity", "OK", `"1"`, " 1", "1 ", "1e309", "-1e400", "1.8e308", "1e99999999999", "\u0661",
	} {
		f(t, in)
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, in := range []string{"17.4812", "-1e-5", "1e309", "0x1p4", "1_0", "12345678901234567890.5e-3", ".", "1e+", "0e400"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := ParseNumber([]byte(in))
		want, wantOK := slowNumber(in)
		if ok != wantOK || ok && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("ParseNumber(%q) = %v, %v; strconv says %v, %v", in, got, ok, want, wantOK)
		}
	})
}

func TestAppendNumber(t *testing.T) {
	f := func(t *testing.T, in float64, want string) {
		t.Helper()
		if got := string(AppendNumber(nil, in)); got != want {
			t.Errorf("AppendNumber(%v) = %q; want %q", in, got, want)
		}
	}
	f(t, 0, "0")
	f(t, math.Copysign(0, -1), "-0")
	f(t, 1000000, "1000000")
	f(t, -42, "-42")
	f(t, 0.1, "0.1")
	f(t, 2.5, "2.5")
	f(t, 1e-6, "0.000001")
	f(t, 1.25e-7, "1.25e-7")
	f(t, 1e-10, "1e-10")
	f(t, 1e-300, "1e-300")
	f(t, 1<<53-1, "9007199254740991")
	f(t, 1<<53, "9007199254740992")
	f(t, 123456789012345680000, "123456789012345680000")
	f(t, 1e21, "1e+21")
	f(t, -1e300, "-1e+300")
	f(t, 1.0/3, "0.3333333333333333")
}

func TestAppendNumberIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		v := randomFloat(random)
		text := AppendNumber(nil, v)
		if got, ok := ParseNumber(text); !ok || math.Float64bits(got) != math.Float64bits(v) {
			t.Fatalf("%v is written as %q, which reads as %v, %v", v, text, got, ok)
		}
		if abs := math.Abs(v); abs >= 1e-6 && abs < 1e21 && string(text) != strconv.FormatFloat(v, 'f', -1, 64) {
			t.Fatalf("%v is written as %q, and %q is shorter", v, text, strconv.FormatFloat(v, 'f', -1, 64))
		}
		if len(text)+1 > numberRoom {
			t.Fatalf("%q is longer than a number may be", text)
		}
	}
}

// randomFloat returns floats of every size, and every second time of the sizes that are met.
func randomFloat(random *rand.Rand) float64 {
	for {
		v := math.Float64frombits(random.Uint64())
		switch random.IntN(4) {
		case 0:
			v = float64(random.Int64N(1 << 40))
		case 1:
			v = float64(random.Int64N(1<<40)) / 1000
		case 2: // few digits, or next to such a number
			v = float64(random.Int64N(1<<random.IntN(51)+1)-random.Int64N(1<<20)) / pow10[random.IntN(7)]
			if random.IntN(2) == 0 {
				v = math.Nextafter(v, float64(random.IntN(2)*2-1)*math.MaxFloat64)
			}
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	}
}

func TestParseTime(t *testing.T) {
	const now = 1234567890123
	f := func(t *testing.T, in string, want int64, whole bool) {
		t.Helper()
		ms, gotWhole, ok := parseTime([]byte(in), now)
		if !ok || ms != want || gotWhole != whole {
			t.Errorf("parseTime(%q) = %d, %v, %v; want %d, %v", in, ms, gotWhole, ok, want, whole)
		}
	}
	f(t, "1700000000", 1700000000_000, true)
	f(t, "0", 0, true)
	f(t, "4294967295", 4294967295_000, true)
	f(t, "-1", now, false)
	f(t, "+1700000000", 1700000000_000, false)
	f(t, "01700000000", 1700000000_000, false)
	f(t, "00", 0, false)
	f(t, "1700000000.", 1700000000_000, false)
	f(t, "1700000000.7", 1700000000_700, false)
	f(t, "1700000000.123", 1700000000_123, false)
	f(t, "1700000000.1239999999999999999999", 1700000000_123, false)
	f(t, "1.7e9", 1700000000_000, false)
	f(t, "17e8", 1700000000_000, false)
	f(t, "1.7000000001234e9", 1700000000_123, false)
	f(t, ".5", 500, false)
	f(t, "1e-400", 0, false)
	f(t, "0e400", 0, false)
}

func TestParseTimeRefuses(t *testing.T) {
	f := func(t *testing.T, in string) {
		t.Helper()
		if ms, _, ok := parseTime([]byte(in), 0); ok {
			t.Errorf("parseTime(%q) = %d; want it refused", in, ms)
		}
	}
	for _, in := range []string{
		"", "-100", "-1.0", "-0", "4294967296", "4294967295.5", "1700000000123", "1e30", "1e400", "99999999999999999999999",
		"nan", "inf", "OK", "N", "0x5", "1_0", "18446744073709551616", "184467440737095516.16e5",
	} {
		f(t, in)
	}
}

func FuzzParseTime(f *testing.F) {
	for _, in := range []string{"1700000000", "1700000000.9999", "-1", "4294967295.001", "1.7e9", "0.0004e3", "1e-3000"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) > 1000 {
			return // exact arithmetic would take long
		}
		ms, whole, ok := parseTime([]byte(in), 7)
		wantMs, wantWhole, wantOK := slowTime(in, 7)
		if ok != wantOK || ok && (ms != wantMs || whole != wantWhole) {
			t.Errorf("parseTime(%q) = %d, %v, %v; exactly %d, %v, %v", in, ms, whole, ok, wantMs, wantWhole, wantOK)
		}
	})
}

func BenchmarkParseNumber(bench *testing.B) {
	for _, in := range []string{"5", "17.4812", "1827364512", "17.481212345678901", "1.5e-3"} {
		bench.Run(in, func(bench *testing.B) {
			text := []byte(in)
			for bench.Loop() {
				if _, ok := ParseNumber(text); !ok {
					bench.Fatal("refused")
				}
			}
		})
	}
}

func BenchmarkAppendNumber(bench *testing.B) {
	for _, v := range []float64{5, 17.4812, 123.25, 1827364512, 1.0 / 3} {
		bench.Run(strconv.FormatFloat(v, 'g', -1, 64), func(bench *testing.B) {
			var room [32]byte
			for bench.Loop() {
				AppendNumber(room[:0], v)
			}
		})
	}
}
