package lists

import "testing"

// TestAppend makes lines of records, and none of what is no record.
func TestAppend(t *testing.T) {
	f := func(record, want string) {
		t.Helper()
		got, n, err := Append(nil, "nic", record)
		lines := 0
		for _, c := range got {
			if c == '\n' {
				lines++
			}
		}
		if err != nil || string(got) != want || n != lines {
			t.Errorf("%s: %q, %d, %v, want %q", record, got, n, err, want)
		}
	}
	f(`{"nic_id":"eth0","kbytes_sent":12,"errin":0.5,"time":1416700800.125,"nid":3,"gid":66}`, "nic.3.errin 0.5 1416700800.125\nnic.3.kbytes_sent 12 1416700800.125\n")
	f(`{"a b":1e3,"c:d":-1,"nid":"n 1"}`, "nic.n_1.a_b 1e3\nnic.n_1.c_d -1\n")
	f(`{"big":18446744073709551615,"time":5}`, "nic.big 18446744073709551615 5\n")
	f(`{"text":"5","yes":true,"no":null,"in":{"a":1},"list":[1]}`, "")
	f(`{}`, "")
	bad := func(record string) {
		t.Helper()
		if got, n, err := Append(nil, "nic", record); err == nil || n != 0 || len(got) != 0 {
			t.Errorf("%s: %q, %d", record, got, n)
		}
	}
	bad(``)
	bad(`null`)
	bad(`[1]`)
	bad(`{"a":1`)
	bad(`{"a":1} {"b":2}`)
	bad(`{"a":1,"time":"noon"}`)
}

// TestNew names what is wrong with a URL, without its password.
func TestNew(t *testing.T) {
	f := func(url, want string) {
		t.Helper()
		s, err := New(url, true)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || err.Error() != want):
			t.Errorf("%s: %v, want %s", url, err, want)
		case err == nil && (s.Key() != "system" || s.Close() != nil):
			t.Errorf("%s: %+v", url, s)
		}
	}
	f("redis://127.0.0.1:6379/0?key=system", "")
	f("rediss://user:secret@host:6380/3?key=system", "")
	f("redis://127.0.0.1:6379/0", `"redis://127.0.0.1:6379/0" names no list: want ?key=NAME`)
	f("redis://user:secret@host/x?key=system", `"redis://user:xxxxx@host/x": redis: invalid database number: "x"`)
}
