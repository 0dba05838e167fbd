package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// lookEvery is how long the files are not looked at again after they were.
const lookEvery = time.Second

// A Certificate is what people want to know of a file with certificates: when the first of them expires.
type Certificate struct {
	File     string    `json:"file"`
	Name     string    `json:"name"` // whom it is for
	NotAfter time.Time `json:"not_after"`
}

// A bundle is what TLS takes from files.
type bundle struct {
	own   []tls.Certificate // one, or none
	pool  *x509.CertPool    // of the authorities; nil if there is no such file
	known []Certificate
}

// files are the files of a tls table and what was last read from them in good order. A file is taken for changed when
// its time, its size or its inode is another than at the last look.
type files struct {
	cert, key, ca string
	note          func(error)

	mu     sync.Mutex
	looked time.Time
	stamps [3]os.FileInfo
	last   bundle
}

// newFiles reads the files for the first time. note is told of each later change: nil, or why it was not taken.
func newFiles(cert, key, ca string, note func(error)) (*files, error) {
	if note == nil {
		note = func(error) {}
	}
	if key == "" {
		key = cert
	}
	f := &files{cert: cert, key: key, ca: ca, note: note, looked: time.Now()}
	f.stamps = f.stat()
	var err error
	f.last, err = f.read()
	return f, err
}

// current returns what the files hold, after a look at them if the last one was a while ago.
func (f *files) current() bundle {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.looked) >= lookEvery {
		f.looked = now
		f.look()
	}
	return f.last
}

// reload looks at the files now.
func (f *files) reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looked = time.Now()
	return f.look()
}

// look reads the files if any has changed since the last look; what is broken then is said once and not taken. The lock
// is held.
func (f *files) look() error {
	stamps := f.stat()
	if !changed(f.stamps, stamps) {
		return nil
	}
	f.stamps = stamps
	b, err := f.read()
	if err != nil {
		err = fmt.Errorf("keeping the certificates read before: %w", err)
	} else {
		f.last = b
	}
	f.note(err)
	return err
}

func (f *files) stat() (stamps [3]os.FileInfo) {
	for i, name := range []string{f.cert, f.key, f.ca} {
		if name != "" {
			stamps[i], _ = os.Stat(name)
		}
	}
	return stamps
}

// changed says whether any file is another one now.
func changed(before, now [3]os.FileInfo) bool {
	for i, b := range before {
		n := now[i]
		if b == nil && n == nil {
			continue
		}
		if b == nil || n == nil || !os.SameFile(b, n) || !b.ModTime().Equal(n.ModTime()) || b.Size() != n.Size() {
			return true
		}
	}
	return false
}

// read reads all files.
func (f *files) read() (b bundle, err error) {
	if f.cert != "" {
		pair, err := readPair(f.cert, f.key)
		if err != nil {
			return bundle{}, err
		}
		b.own = []tls.Certificate{pair}
		b.known = append(b.known, Certificate{f.cert, subject(pair.Leaf), pair.Leaf.NotAfter})
	}
	if f.ca != "" {
		var first *x509.Certificate
		if b.pool, first, err = readPool(f.ca); err != nil {
			return bundle{}, err
		}
		b.known = append(b.known, Certificate{f.ca, subject(first), first.NotAfter})
	}
	return b, nil
}

// A keyError is what is wrong with a private key.
type keyError struct{ error }

func (e keyError) Unwrap() error { return e.error }

// readPair reads a certificate and its private key.
func readPair(cert, key string) (pair tls.Certificate, err error) {
	public, err := os.ReadFile(cert)
	if err != nil {
		return pair, fmt.Errorf("reading the certificate: %w", err)
	}
	if !bytes.Contains(public, []byte("-----BEGIN CERTIFICATE-----")) {
		return pair, fmt.Errorf("reading the certificate: %s holds no certificate in PEM", cert)
	}
	private, err := os.ReadFile(key)
	if err != nil {
		return pair, keyError{fmt.Errorf("reading the private key: %w", err)}
	}
	switch {
	case bytes.Contains(private, []byte("ENCRYPTED")):
		return pair, keyError{fmt.Errorf("reading the private key: %s is encrypted, and nobody is here to type the password", key)}
	case !bytes.Contains(private, []byte("PRIVATE KEY-----")):
		return pair, keyError{fmt.Errorf("reading the private key: %s holds none in PEM", key)}
	}
	if pair, err = tls.X509KeyPair(public, private); err != nil {
		if strings.Contains(err.Error(), "does not match") {
			return pair, keyError{fmt.Errorf("the private key in %s is not that of the certificate in %s", key, cert)}
		}
		return pair, fmt.Errorf("reading %s and %s: %w", cert, key, err)
	}
	return pair, nil
}

// readPool reads the certificates of authorities, and returns also the one that expires first.
func readPool(ca string) (*x509.CertPool, *x509.Certificate, error) {
	text, err := os.ReadFile(ca)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the authorities' certificates: %w", err)
	}
	pool := x509.NewCertPool()
	var first *x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the authorities' certificates in %s: %w", ca, err)
		}
		pool.AddCert(c)
		if first == nil || c.NotAfter.Before(first.NotAfter) {
			first = c
		}
	}
	if first == nil {
		return nil, nil, errors.New("reading the authorities' certificates: " + ca + " holds none in PEM")
	}
	return pool, first, nil
}

// subject returns whom a certificate is for.
func subject(c *x509.Certificate) string {
	if len(c.DNSNames) > 0 {
		return c.DNSNames[0]
	}
	return c.Subject.String()
}
