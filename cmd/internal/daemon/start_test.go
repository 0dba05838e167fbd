package daemon

import (
	"testing"

	"go.uber.org/zap"

	"plumbago/conf"
)

// The admin server answers before the daemon listens, so that /healthz does: whoever looks while it starts sees a sane
// status, and no owner's state is read beside its back.
func TestLookingOnWhileItStarts(t *testing.T) {
	f, faults := conf.Parse("test.toml", []byte("[[listen]]\nprotocol = \"line\"\naddress = \"tcp://127.0.0.1:0\"\n"),
		func(string) (string, bool) { return "", false })
	if faults != nil {
		t.Fatal(faults)
	}
	d, err := New(f, zap.NewNop(), Options{Cores: 2})
	if err != nil {
		t.Fatal(err)
	}
	look := func() {
		if s, err := d.Status(t.Context()); err != nil || s.Uptime > 3600 {
			t.Errorf("up for %v s (%v)", s.Uptime, err)
		}
		if l, err := d.Ledger(t.Context()); err != nil || !l.Balanced {
			t.Errorf("the ledger: %+v (%v)", l, err)
		}
	}
	look()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !d.Ready() {
			look()
		}
	}()
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	<-done
	look()
	d.Close(t.Context())
	look()
}
