package ingest

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"go.uber.org/zap"
)

// A listener that takes the place of another has its sockets: nobody is refused, who is connected goes on, and the file of a unix
// socket stays.
func TestSucceed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in.sock")
	sink := newRecorder()
	o := on("line", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", "unix://"+path)
	r := newRig(t, o, sink)
	old := r.Listener
	tcp, udp := old.Addrs()[0], old.Addrs()[1]
	before := dial(t, tcp)
	write(t, before, "old.one 1 1\n")
	sink.want(t, "old.one")

	o.MaxLine = 100
	heir := heirOf(t, r, o)
	if err := heir.Open(); err != nil {
		t.Fatal(err)
	}
	if got := heir.Addrs()[0].String(); got != tcp.String() {
		t.Fatalf("the heir listens on %s, not %s", got, tcp)
	}
	if whose := heir.Assume(); len(whose) != 3 || whose[0] != old {
		t.Fatalf("assumed from %v", whose)
	}
	old.Yield()
	write(t, dial(t, tcp), "new.tcp 1 1\n") // it waits: nobody takes it yet
	heir.Start()
	sink.want(t, "old.one", "new.tcp")
	write(t, before, "old.two 1 1\n")
	sink.want(t, "old.one", "new.tcp", "old.two")
	write(t, dialPacket(t, udp), "new.udp 1 1\n")
	sink.want(t, "old.one", "new.tcp", "old.two", "new.udp")
	write(t, dial(t, &net.UnixAddr{Net: "unix", Name: path}), "new.unix 1 1\n")
	sink.want(t, "old.one", "new.tcp", "old.two", "new.udp", "new.unix")
	if n := old.Stats().Open; n != 1 {
		t.Errorf("the old one has %d connections", n)
	}
	closeConn(t, before)
	if err := old.Ended(t.Context()); err != nil {
		t.Error(err)
	}
	if err := old.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the socket's file: %v", err)
	}
	if err := heir.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket's file is left")
	}
}

// One that was to take the place of another and does not leaves it as it was.
func TestSucceedNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in.sock")
	sink := newRecorder()
	o := on("line", "unix://"+path, "tcp://127.0.0.1:0")
	r := newRig(t, o, sink)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o.Address = append(o.Address, "tcp://"+taken.Addr().String())
	if heirOf(t, r, o).Open() == nil {
		t.Fatal("an address that is taken was opened")
	}
	write(t, dial(t, &net.UnixAddr{Net: "unix", Name: path}), "one 1 1\n")
	sink.want(t, "one")
	write(t, dial(t, r.Addrs()[1]), "two 1 1\n")
	sink.want(t, "one", "two")
}

// heirOf makes a listener that is to take the place of r's.
func heirOf(t *testing.T, r *rig, o Options) *Listener {
	t.Helper()
	heir, err := NewListener(o, 8, []*Worker{r.worker}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	heir.Succeed([]*Listener{r.Listener})
	return heir
}

// Figures are added up whole: whoever adds one is reminded.
func TestStatsAdd(t *testing.T) {
	var s, o Stats
	fill(reflect.ValueOf(&o).Elem())
	s.Add(o)
	s.Add(o)
	var want Stats
	fill(reflect.ValueOf(&want).Elem())
	double(reflect.ValueOf(&want).Elem())
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
}

func fill(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int64:
			f.SetInt(int64(i + 1))
		case reflect.Struct:
			fill(f)
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			fill(f.Elem())
		}
	}
}

func double(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int64:
			f.SetInt(2 * f.Int())
		case reflect.Struct:
			double(f)
		case reflect.Pointer:
			double(f.Elem())
		}
	}
}
