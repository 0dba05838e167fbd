package book_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"plumbago/aggregate/book"
)

// noon is when the examples take place; anything from now on would do as well.
var noon = time.Date(2014, 11, 23, 12, 0, 0, 0, time.UTC)

// open opens a Book with one rule for all names that computes these functions.
func open(functions ...string) *book.Book {
	r := book.DefaultRule()
	r.Functions = functions
	o := book.DefaultOptions()
	o.Rules = []book.Rule{r}
	b, err := book.Open(o)
	if err != nil {
		log.Fatal(err)
	}
	return b
}

// A counter is registered as what it is: its values are running totals, and its figures per-second rates.
func Example_register() {
	b := open("last", "avg", "max")
	defer b.Close(context.Background())
	if err := b.Register("net.eth0.rx", book.Diff); err != nil {
		log.Fatal(err)
	}
	b.Set("net.eth0.rx", 1000, noon)
	b.Set("net.eth0.rx", 1600, noon.Add(10*time.Second))
	slice, err := b.Get("net.eth0.rx")
	fmt.Println(slice.Kind, slice.Values["last"], err)
	// Output: D 60 <nil>
}

func ExampleBook_Set() {
	b := open("avg", "max")
	defer b.Close(context.Background())
	fmt.Println(b.Set("system.cpu.percent", 12.5, noon))
	fmt.Println(b.SetNow("a name", 1))
	// Output:
	// <nil>
	// setting a name: reading the name: bad_name
}

// What was set is there at once, also before its slice ends.
func ExampleBook_Get() {
	b := open("avg", "max", "count", "p90")
	defer b.Close(context.Background())
	for i, ms := range []float64{12, 17, 13} {
		b.Set("web.latency", ms, noon.Add(time.Duration(i)*time.Second))
	}
	slice, err := b.Get("web.latency")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(slice.Start.UTC().Format("15:04:05"), slice.Period, slice.Values)
	_, err = b.Get("web.latencies")
	fmt.Println(err, errors.Is(err, book.ErrUnknown))
	// Output:
	// 12:00:00 10s map[avg:14 count:3 max:17 p90:17]
	// looking for web.latencies: there is no such series true
}

// Values that were added up elsewhere come in as what they are.
func ExampleBook_Enter() {
	b := open("count", "min", "avg", "max", "stddev")
	defer b.Close(context.Background())
	b.Set("web.latency", 1, noon)
	b.Enter("web.latency", book.Entry{N: 3, Mean: 5, Min: 5, Max: 5}, noon)
	slice, err := b.Get("web.latency")
	fmt.Printf("%.6g %v\n", slice.Values["stddev"], err)
	// Output: 1.73205 <nil>
}

func ExampleBook_AvgMax() {
	b := open("avg", "max")
	defer b.Close(context.Background())
	for i, v := range []float64{1, 2, 6} {
		b.Set("queue.length", v, noon.Add(time.Duration(i)*time.Minute))
	}
	fmt.Println(b.AvgMax("queue.length"))
	// Output: 3 6 <nil>
}

func ExampleBook_List() {
	b := open("last", "avg", "max")
	defer b.Close(context.Background())
	for i, name := range []string{"n1.cpu", "n1.load", "n2.cpu"} {
		b.Set(name, float64(i+1), noon)
		b.Set(name, float64(i+3), noon.Add(time.Minute))
	}
	list, err := b.List("n1.")
	for _, s := range list {
		fmt.Println(s.Name, s.Kind, s.Last, s.Avg, s.Max)
	}
	fmt.Println(err)
	// Output:
	// n1.cpu N 3 2 3
	// n1.load N 4 3 4
	// <nil>
}

func ExampleBook_Delete() {
	b := open("avg", "max")
	defer b.Close(context.Background())
	for _, name := range []string{"p.a.1", "p.a.2", "p.b.1"} {
		b.Set(name, 1, noon)
	}
	fmt.Println(b.Delete("p.a"))
	list, err := b.List("")
	fmt.Println(len(list), list[0].Name, err)
	// Output:
	// 2 <nil>
	// 1 p.b.1 <nil>
}

// An application that runs for long cleans up now and then: what is silent for an hour is forgotten.
func ExampleBook_Clean() {
	b := open("avg", "max")
	defer b.Close(context.Background())
	b.SetNow("queue.length", 1)
	fmt.Println(b.Clean())
	// Output: 0 <nil>
}

// What a Book holds outlives its process: the last thing is CloseInto a file, the first thing Load from it.
func ExampleLoad() {
	r := book.DefaultRule()
	r.Functions = []string{"last", "avg", "max"}
	o := book.DefaultOptions()
	o.Rules = []book.Rule{r}
	b, err := book.Open(o)
	if err != nil {
		log.Fatal(err)
	}
	b.Register("net.eth0.rx", book.Diff)
	b.Set("net.eth0.rx", 1000, noon)
	var dump bytes.Buffer
	if err := b.CloseInto(context.Background(), &dump); err != nil {
		log.Fatal(err)
	}
	if b, err = book.Load(&dump, o); err != nil {
		log.Fatal(err)
	}
	defer b.Close(context.Background())
	b.Set("net.eth0.rx", 1600, noon.Add(10*time.Second))
	fmt.Println(b.AvgMax("net.eth0.rx"))
	// Output: 60 60 <nil>
}

func ExampleBook_Dump() {
	b := open("avg", "max")
	defer b.Close(context.Background())
	b.Set("queue.length", 1, noon)
	var dump bytes.Buffer
	fmt.Println(b.Dump(&dump))
	_, err := book.Load(bytes.NewReader(dump.Bytes()[:dump.Len()/2]), book.DefaultOptions())
	fmt.Println(err)
	// Output:
	// <nil>
	// loading a dump: it is damaged
}

// Results are emitted as their slices end; at the end all that is left.
func Example_results() {
	r := book.DefaultRule()
	r.Rollups = []time.Duration{time.Minute}
	o := book.DefaultOptions()
	o.Rules = []book.Rule{r}
	var lines []string
	o.Emit = func(r book.Result) { lines = append(lines, fmt.Sprintln(r.Name, r.Value, r.Time.Unix())) }
	b, err := book.Open(o)
	if err != nil {
		log.Fatal(err)
	}
	for i := range 12 {
		b.Set("queue.length", float64(i), noon.Add(time.Duration(i)*5*time.Second))
	}
	if err := b.Close(context.Background()); err != nil {
		log.Fatal(err)
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines)[:4] {
		fmt.Print(line)
	}
	// Output:
	// queue.length.1m.avg 5.5 1416744000
	// queue.length.1m.max 11 1416744000
	// queue.length.avg 0.5 1416744000
	// queue.length.avg 10.5 1416744050
}
