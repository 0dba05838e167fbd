module plumbago

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/lomik/graphite-pickle v0.0.0-20171221213606-614e8df42119
)

require (
	github.com/lomik/og-rek v0.0.0-20170411191824-628eefeb8d80 // indirect
	github.com/lomik/stop v0.0.0-20161127103810-188e98d969bd // indirect
)
