module plumbago

go 1.26.0

require (
	github.com/lomik/graphite-pickle v0.0.0-20171221213606-614e8df42119
	github.com/lomik/og-rek v0.0.0-20170411191824-628eefeb8d80
	github.com/lomik/stop v0.0.0-20161127103810-188e98d969bd
)

require (
	github.com/BurntSushi/toml v1.6.0 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/prometheus/client_golang v1.25.0 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
