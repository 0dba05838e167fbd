package ring

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A fixture is what one of the originals placed where.
type fixture struct {
	Names []string
	Lists map[string][]Member
	Cases []fixtureCase
}

type fixtureCase struct {
	List     string
	Policy   string
	Replicas int
	Diverse  bool
	Routes   string   // a word a name, a base 36 digit a copy
	Entries  int      // points on the ring
	First    [][2]int // position and member of the first points
	Last     [][2]int
	SHA256   string
	Order    []int // of jump_fnv1a_ch
	Hangs    bool  // the original never answers
}

func load(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// each runs f for every case of a fixture, which has want of them.
func each(t *testing.T, name string, want int, f func(t *testing.T, names []string, members []Member, c fixtureCase)) {
	t.Helper()
	var fx fixture
	load(t, name, &fx)
	if len(fx.Cases) != want || len(fx.Names) != 93 {
		t.Fatalf("%d cases of %d names, want %d of 93", len(fx.Cases), len(fx.Names), want)
	}
	for _, c := range fx.Cases {
		t.Run(fmt.Sprintf("%s/%s/%d", c.List, c.Policy, c.Replicas), func(t *testing.T) {
			if fx.Lists[c.List] == nil {
				t.Fatal("no such list")
			}
			f(t, fx.Names, fx.Lists[c.List], c)
		})
	}
}

// decode returns the routes of a case, by name.
func (c fixtureCase) decode(t *testing.T, names []string) map[string][]int {
	t.Helper()
	words := strings.Fields(c.Routes)
	if len(words) != len(names) {
		t.Fatalf("%d routes for %d names", len(words), len(names))
	}
	routes := make(map[string][]int)
	for i, name := range names {
		for _, digit := range words[i] {
			member, err := strconv.ParseInt(string(digit), 36, 64)
			if err != nil {
				t.Fatal(err)
			}
			routes[name] = append(routes[name], int(member))
		}
	}
	return routes
}

func mustNew(t testing.TB, o Options, members []Member) *Ring {
	t.Helper()
	r, err := New(o, members)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkPoints compares the points of a ring with a fixture's.
func checkPoints(t *testing.T, all []point, c fixtureCase, line func(p point) string) {
	t.Helper()
	compare := func(points []point, want [][2]int) {
		t.Helper()
		for i, w := range want {
			if got := [2]int{int(points[i].position), points[i].member}; got != w {
				t.Errorf("point %d of %d is %v, want %v", i, len(want), got, w)
			}
		}
	}
	compare(all, c.First)
	compare(all[len(all)-len(c.Last):], c.Last)
	if c.Entries != 0 && len(all) != c.Entries {
		t.Errorf("%d points, want %d", len(all), c.Entries)
	}
	if c.SHA256 == "" {
		return
	}
	sum := sha256.New()
	for _, p := range all {
		fmt.Fprintln(sum, line(p))
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != c.SHA256 {
		t.Errorf("the points have the sum %s, want %s", got, c.SHA256)
	}
}

// The fixture comes from carbon-c-relay's test mode, which hashes all of a tagged name. The live relay hashes the part
// before the first ";", and so does Append: a tagged name must go where the fixture has the name of that part. That the
// hashes are the same for any text is seen by asking for the whole name below Append.
func TestPlacesAsCarbonCRelay(t *testing.T) {
	each(t, "carbon-c-relay.json", 46, func(t *testing.T, names []string, members []Member, c fixtureCase) {
		o := Options{Policy: c.Policy, Style: "carbon-c-relay", Replicas: c.Replicas}
		r := mustNew(t, o, members)
		if c.Hangs {
			// Members of one host without instances are one node of a ring of carbon_ch.
			if got := r.Append(nil, "foo.bar"); !slices.Equal(got, []int{0}) || Copies(o, members) != 1 {
				t.Errorf("foo.bar goes to %v of at most %d, want only the first", got, Copies(o, members))
			}
			return
		}
		routes := c.decode(t, names)
		for _, name := range names {
			if got := r.place(nil, name); !slices.Equal(got, routes[name]) {
				t.Errorf("%s hashed whole goes to %v, want %v", name, got, routes[name])
			}
			untagged, _, _ := strings.Cut(name, ";")
			if got := r.Append(nil, name); !slices.Equal(got, routes[untagged]) {
				t.Errorf("%s goes to %v, want %v", name, got, routes[untagged])
			}
		}
		if c.Policy == "jump_fnv1a_ch" {
			if !slices.Equal(r.order, c.Order) {
				t.Errorf("the order is %v, want %v", r.order, c.Order)
			}
			return
		}
		checkPoints(t, points(o, members), c, func(p point) string { return fmt.Sprint(p.position, p.member) })
	})
}

// The hash type mmh3_ch (36 cases of the original) and the router fast-hashing are left out: plumbago has neither.
func TestPlacesAsCarbon(t *testing.T) {
	each(t, "carbon.json", 59, func(t *testing.T, names []string, members []Member, c fixtureCase) {
		o := Options{Policy: c.Policy, Style: "carbon", Replicas: c.Replicas, Diverse: c.Diverse}
		r := mustNew(t, o, members)
		routes := c.decode(t, names)
		for _, name := range names {
			if got := r.Append(nil, name); !slices.Equal(got, routes[name]) {
				t.Errorf("%s goes to %v, want %v", name, got, routes[name])
			}
		}
		checkPoints(t, points(o, members), c, func(p point) string {
			m := members[p.member]
			if m.Instance == "" {
				m.Instance = "None"
			}
			return fmt.Sprint(p.position, " ", m.Host, " ", m.Instance)
		})
	})
}

// The cases of nanotube (14 of the original) are left out: its placement is not offered.
func TestPlacesAsCarbonRelayNG(t *testing.T) {
	each(t, "carbon-relay-ng.json", 12, func(t *testing.T, names []string, members []Member, c fixtureCase) {
		o := Options{Policy: c.Policy, Style: "carbon-relay-ng", Replicas: c.Replicas}
		r := mustNew(t, o, members)
		routes := c.decode(t, names)
		for _, name := range names {
			if got := r.Append(nil, name); !slices.Equal(got, routes[name]) {
				t.Errorf("%s goes to %v, want %v", name, got, routes[name])
			}
		}
		checkPoints(t, points(o, members), c, nil)
	})
}

func TestHashes(t *testing.T) {
	var all map[string]struct {
		MD5     string
		Carbon  uint32         `json:"carbon_ch_pos"`
		FNV32   string         `json:"fnv1a_32"`
		FNV     uint32         `json:"fnv1a_ch_pos"`
		FNV64   string         `json:"fnv1a_64"`
		Buckets map[string]int `json:"jump"`
	}
	load(t, "hashes.json", &all)
	if len(all) != 47 {
		t.Fatalf("%d names, want 47", len(all))
	}
	for name, want := range all {
		if got := md5Position(name); got != want.Carbon || fmt.Sprintf("%04x", got) != want.MD5[:4] {
			t.Errorf("%s: MD5 position %d, want %d", name, got, want.Carbon)
		}
		hash := fnv1a32(name, false)
		if got := fmt.Sprintf("%08x", hash); got != want.FNV32 {
			t.Errorf("%s: FNV-1a of 32 bits %s, want %s", name, got, want.FNV32)
		}
		if got := fold(hash); got != want.FNV {
			t.Errorf("%s: folded %d, want %d", name, got, want.FNV)
		}
		wide, err := strconv.ParseUint(want.FNV64, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := fnv1a64(name); got != wide && isASCII(name) { // carbon-c-relay's is another for other names
			t.Errorf("%s: FNV-1a of 64 bits %016x, want %s", name, got, want.FNV64)
		}
		for n, b := range want.Buckets {
			buckets, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			if got := bucket(wide, buckets); got != b {
				t.Errorf("%s: bucket %d of %s, want %d", name, got, n, b)
			}
		}
	}
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c >= 0x80 })
}
