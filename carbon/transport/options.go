package transport

import "crypto/tls"

// ServerTLS are the keys of a listener's tls table.
type ServerTLS struct {
	// The file with our certificate in PEM, followed by those that lead from it to the authority, if any.
	Cert string `toml:"cert"`
	// The file with the certificate's private key in PEM, not encrypted; left out, the key is in the certificate's file.
	Key string `toml:"key"`
	// The file with the certificates, in PEM, of the authorities that clients' certificates must come from. Without it
	// clients need none.
	ClientCA string `toml:"client_ca"`
	// The oldest version of TLS that is spoken: "1.2" or "1.3".
	MinVersion string `toml:"min_version" enum:"1.2|1.3"`
}

// DefaultServerTLS are the defaults of a listener's tls table.
func DefaultServerTLS() ServerTLS { return ServerTLS{MinVersion: "1.2"} }

// ClientTLS are the keys of a cluster's tls table.
type ClientTLS struct {
	// The file with the certificates, in PEM, of the authorities that the endpoints' certificates must come from; left
	// out, those that the system trusts.
	CA string `toml:"ca"`
	// The file with our own certificate in PEM, for endpoints that ask for one, followed by those that lead from it to
	// the authority, if any.
	Cert string `toml:"cert"`
	// The file with its private key in PEM, not encrypted; left out, the key is in the certificate's file.
	Key string `toml:"key"`
	// The name that the endpoints' certificates must have and that the endpoints are asked for (SNI); left out, the host
	// of each endpoint.
	ServerName string `toml:"server_name"`
	// The oldest version of TLS that is spoken: "1.2" or "1.3".
	MinVersion string `toml:"min_version" enum:"1.2|1.3"`
	// Whether any certificate is taken for good. The stream is then encrypted, but nobody knows to whom: for a
	// laboratory.
	Insecure bool `toml:"insecure"`
}

// DefaultClientTLS are the defaults of a cluster's tls table.
func DefaultClientTLS() ClientTLS { return ClientTLS{MinVersion: "1.2"} }

// version returns the number of a version of TLS; 1.2 is the oldest that is ever spoken.
func version(text string) uint16 {
	if text == "1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}
