package daemon

import (
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"plumbago/carbon"
	"plumbago/conf"
)

// What is lost is told at once, then of ten seconds together, and never twice.
func TestLossNews(t *testing.T) {
	now := time.Now()
	var l loss
	f := func(after time.Duration, sum, want int64) {
		t.Helper()
		if n := l.news(sum, now.Add(after)); n != want {
			t.Errorf("after %v: %d, want %d", after, n, want)
		}
	}
	f(0, 0, 0)
	f(time.Second, 5, 5)
	f(2*time.Second, 7, 0)
	f(10*time.Second, 9, 0)
	f(11*time.Second, 9, 4)
	f(30*time.Second, 9, 0)
	f(31*time.Second, 10, 1)
}

// A queue that overflows is told of, with how much was lost.
func TestTellLosses(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	f, faults := conf.Parse("test.toml", []byte(`
		[[listen]]
		address = "tcp://127.0.0.1:0"
		[[cluster]]
		name = "a"
		endpoints = ["127.0.0.1:1"]
		queue = "64KiB"
		batch = "1KiB"
		[[rule]]
		match = "**"
		send = "a"
	`), func(string) (string, bool) { return "", false })
	if faults != nil {
		t.Fatal(faults)
	}
	d, err := New(f, zap.New(core), Options{Cores: 1})
	if err != nil {
		t.Fatal(err)
	}
	e := d.table.Clusters[0].Dests[0]
	for range 3 {
		frame := carbon.NewFrame()
		frame.Bytes, frame.Points = frame.Bytes[:40<<10], 7
		e.Push(frame)
	}
	known := losses{}
	d.tellLosses(known, time.Now())
	if came := d.tellLosses(known, time.Now()); came != 14 {
		t.Errorf("%d points came or were lost", came)
	}
	told := logs.FilterMessage("points are lost: the queue is full").FilterField(zap.Int64("points", 14)).FilterField(zap.String("endpoint", "127.0.0.1:1"))
	if told.Len() != 1 || logs.Len() != 1 {
		t.Errorf("14 points were lost, and what is told is %v", logs.All())
	}
}
