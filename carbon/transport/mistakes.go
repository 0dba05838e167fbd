package transport

import "errors"

// A Mistake is what is wrong with one key of a tls table, or with the file that it names.
type Mistake struct{ Key, Msg, Hint string }

// Mistakes returns what is wrong with a listener's tls table. It reads the files.
func (o *ServerTLS) Mistakes() (all []Mistake) {
	if o.Cert == "" && o.Key == "" {
		all = append(all, Mistake{"cert", "is missing: a listener with TLS needs a certificate", ""})
	}
	all = append(all, ofPair(o.Cert, o.Key)...)
	return append(all, ofPool("client_ca", o.ClientCA)...)
}

// Mistakes returns what is wrong with a cluster's tls table. It reads the files.
func (o *ClientTLS) Mistakes() (all []Mistake) {
	all = append(all, ofPool("ca", o.CA)...)
	return append(all, ofPair(o.Cert, o.Key)...)
}

// ofPair looks at a certificate and its key.
func ofPair(cert, key string) []Mistake {
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" {
		return []Mistake{{"key", "is the key of no certificate", "set cert too"}}
	}
	with := key
	if with == "" {
		with = cert
	}
	_, err := readPair(cert, with)
	var wrong keyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong) && key == "":
		return []Mistake{{"cert", err.Error(), "set key if the private key is in a file of its own"}}
	case errors.As(err, &wrong):
		return []Mistake{{"key", err.Error(), ""}}
	}
	return []Mistake{{"cert", err.Error(), ""}}
}

// ofPool looks at the certificates of authorities.
func ofPool(key, ca string) []Mistake {
	if ca == "" {
		return nil
	}
	if _, _, err := readPool(ca); err != nil {
		return []Mistake{{key, err.Error(), ""}}
	}
	return nil
}
