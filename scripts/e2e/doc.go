// Package e2e proves plumbago from outside: every test starts the built program as a process, talks to it through real
// sockets with real clients (nc, collectd, Python), lets it feed real stores (go-carbon with carbonapi, graphite-carbon)
// and asks its ledger, at the end of each test, whether everything that came in is accounted for.
//
// The tests run when PLUMBAGO_E2E says so, since they take minutes: "1" demands every part (a missing one is a failure),
// "have" runs what the machine has and skips the rest. scripts/e2e/run sets it. PLUMBAGO_BIN and PLUMBAGO_RACE_BIN name
// programs that are built already; otherwise both are built here.
package e2e
