package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// alerts are the other side's reasons, by the words of crypto/tls, which has no exported type for them.
var alerts = map[string]string{
	"tls: bad certificate":                "refused our certificate",
	"tls: unsupported certificate":        "refused our certificate: it is of a kind that it does not take",
	"tls: revoked certificate":            "refused our certificate: it is revoked",
	"tls: expired certificate":            "refused our certificate: it has expired",
	"tls: unknown certificate":            "refused our certificate",
	"tls: unknown certificate authority":  "refused our certificate: it does not know the authority that signed it",
	"tls: access denied":                  "refused our certificate: it may not be used here",
	"tls: certificate required":           "asks for a certificate, and we have none (key cert)",
	"tls: error decrypting message":       "could not verify our certificate's signature",
	"tls: protocol version not supported": "speaks no version of TLS that we may speak (key min_version)",
	"tls: handshake failure":              "found nothing in common with us, or wants a certificate that we have not shown",
	"tls: insufficient security level":    "finds what we offer too weak",
	"tls: unrecognized name":              "knows no such name",
	"tls: internal error":                 "failed with an error of its own",
	"tls: unexpected message":             "did not expect what we sent",
	"tls: bad record MAC":                 "received a record that was changed on its way",
}

// A sentence is an error in plain words, and the one that it stands for.
type sentence struct {
	words string
	err   error
}

func (s *sentence) Error() string { return s.words }

func (s *sentence) Unwrap() error { return s.err }

func explained(err error, expected string) error {
	return &sentence{words: Explain(err, expected), err: err}
}

// Refused says whether err is the other side's refusal, which in TLS 1.3 may come after the handshake.
func Refused(err error) bool {
	var remote *net.OpError
	return errors.As(err, &remote) && remote.Op == "remote error"
}

// Explain puts what went wrong with a TLS connection into a sentence. expected is the name of the endpoint that was
// called; empty on the listening side, where the other one is a client.
func Explain(err error, expected string) string {
	var done *sentence
	if errors.As(err, &done) {
		return done.words
	}
	who, whose := "the endpoint", "the certificate of "+strconv.Quote(expected)
	if expected == "" {
		who, whose = "the client", "the client's certificate"
	}
	if words := certificate(err, whose, expected); words != "" {
		return "TLS: " + words
	}
	return "TLS: " + conversation(err, who)
}

// certificate explains what is wrong with the other side's certificate.
func certificate(err error, whose, expected string) string {
	var (
		invalid  x509.CertificateInvalidError
		hostname x509.HostnameError
		unknown  x509.UnknownAuthorityError
		roots    x509.SystemRootsError
		verify   *tls.CertificateVerificationError
	)
	var shown *x509.Certificate
	if errors.As(err, &verify) && len(verify.UnverifiedCertificates) > 0 {
		shown = verify.UnverifiedCertificates[0]
	}
	switch {
	case errors.As(err, &invalid):
		return flaw(invalid, whose, shown)
	case errors.As(err, &hostname):
		return fmt.Sprintf("%s is not for that name but for %s", whose, names(hostname.Certificate))
	case errors.As(err, &unknown):
		if shown != nil && shown.Issuer.String() == shown.Subject.String() {
			return fmt.Sprintf("%s is signed by itself (%s) and is not among the authorities that we trust", whose, distinguished(shown.Subject.String()))
		}
		if shown == nil {
			shown = unknown.Cert
		}
		return fmt.Sprintf("%s comes from an authority that we do not know: %s", whose, distinguished(shown.Issuer.String()))
	case errors.As(err, &roots):
		return fmt.Sprintf("%s cannot be verified: this system has no authorities that it trusts (key ca)", whose)
	case strings.Contains(err.Error(), "client didn't provide a certificate"):
		return "the client showed no certificate, and client_ca asks for one"
	case strings.Contains(err.Error(), "either ServerName or InsecureSkipVerify must be specified"):
		return "the endpoint has no host name to compare its certificate with (key server_name)"
	case verify != nil:
		return fmt.Sprintf("%s cannot be verified: %v", whose, verify.Err)
	}
	return ""
}

// flaw explains why a certificate is invalid.
func flaw(err x509.CertificateInvalidError, whose string, shown *x509.Certificate) string {
	c := err.Cert
	switch {
	case err.Reason == x509.Expired && c != nil:
		if shown != nil && !c.Equal(shown) {
			whose = fmt.Sprintf("the authority %s behind %s", distinguished(c.Subject.String()), whose)
		}
		if time.Now().Before(c.NotBefore) {
			return fmt.Sprintf("%s is not valid yet: it begins on %s and expires on %s (is the clock right?)", whose, day(c.NotBefore), day(c.NotAfter))
		}
		return fmt.Sprintf("%s expired on %s (it began on %s)", whose, day(c.NotAfter), day(c.NotBefore))
	case err.Reason == x509.IncompatibleUsage:
		return whose + " is not meant for this side of TLS (its extended key usage)"
	case err.Reason == x509.NotAuthorizedToSign:
		return whose + " was signed by one that may not sign others"
	}
	return fmt.Sprintf("%s is not valid: %v", whose, err)
}

// conversation explains what else can happen to a handshake, or to a connection after it.
func conversation(err error, who string) string {
	var (
		remote *net.OpError
		header tls.RecordHeaderError
		text   = err.Error()
	)
	switch {
	case errors.As(err, &remote) && remote.Op == "remote error":
		if words, ok := alerts[remote.Err.Error()]; ok {
			return who + " " + words
		}
		return fmt.Sprintf("%s refused: %s", who, strings.TrimPrefix(remote.Err.Error(), "tls: "))
	case errors.As(err, &header):
		return fmt.Sprintf("%s speaks no TLS: it began with %s", who, strconv.QuoteToASCII(string(header.RecordHeader[:])))
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return who + " closed the connection during the handshake; perhaps it speaks no TLS, or refuses ours"
	case errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		return who + " reset the connection; perhaps it speaks no TLS, or refuses ours"
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded):
		return who + " did not answer the handshake in time; perhaps it speaks no TLS"
	case strings.Contains(text, "unsupported versions") || strings.Contains(text, "unsupported protocol version"):
		return who + " speaks no version of TLS that we may speak (key min_version)"
	case strings.Contains(text, "no cipher suite supported"):
		return who + " has no cipher in common with us"
	}
	return strings.TrimPrefix(text, "tls: ")
}

// names returns whom a certificate is for, as a list for people.
func names(c *x509.Certificate) string {
	const most = 5
	var all []string
	all = append(all, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no host at all (its subject is " + distinguished(c.Subject.String()) + ")"
	}
	for i := range all {
		all[i] = strconv.QuoteToASCII(all[i])
	}
	if len(all) > most {
		return strings.Join(all[:most], ", ") + fmt.Sprintf(" and %d more", len(all)-most)
	}
	return strings.Join(all, ", ")
}

// distinguished makes a name that the other side chose safe to print.
func distinguished(name string) string {
	if len(name) > 120 {
		name = name[:120]
	}
	return strconv.QuoteToASCII(name)
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
