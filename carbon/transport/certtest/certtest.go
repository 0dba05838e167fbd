// Package certtest makes certificates for tests: authorities, and certificates of theirs that are good or bad in the
// way a test asks for. Everything lies in files below the test's own directory.
package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An Authority signs certificates. File holds its own.
type Authority struct {
	File string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// A Pair is the files of a certificate and its key.
type Pair struct{ Cert, Key string }

// NewAuthority makes an authority of that name, good for a day before and after now.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	a := &Authority{File: filepath.Join(t.TempDir(), "ca.pem"), key: newKey(t)}
	der := sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}, a, a.key)
	a.cert, _ = x509.ParseCertificate(der)
	write(t, a.File, "CERTIFICATE", der)
	return a
}

// Issue makes a certificate for hosts, names or IP addresses, for both sides of TLS. It is good from an hour ago for a
// day unless edit, which may be nil, changes it.
func (a *Authority) Issue(t testing.TB, edit func(*x509.Certificate), hosts ...string) Pair {
	t.Helper()
	dir := t.TempDir()
	p := Pair{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	a.Renew(t, p, edit, hosts...)
	return p
}

// Renew writes a new certificate over the files of an old one.
func (a *Authority) Renew(t testing.TB, p Pair, edit func(*x509.Certificate), hosts ...string) {
	t.Helper()
	c := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "plumbago test"},
		KeyUsage:  x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	if edit != nil {
		edit(c)
	}
	key := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, p.Cert, "CERTIFICATE", sign(t, c, a, key))
	write(t, p.Key, "PRIVATE KEY", der)
}

// Expired makes a certificate that is past its time.
func Expired(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }

// Future makes one whose time is yet to come.
func Future(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign makes a certificate of a's; a's own if it has none yet.
func sign(t testing.TB, c *x509.Certificate, a *Authority, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	parent := a.cert
	if parent == nil {
		parent = c
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// write puts a file in the place of another at once, as renewing tools do.
func write(t testing.TB, name, kind string, der []byte) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}
