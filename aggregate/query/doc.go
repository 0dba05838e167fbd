// Package query is a small language of questions about the kept past: functions of all points of some series in a
// window, or of the newest of each.
//
//	avg_over_time("servers.*.cpu", "5 minutes")
//	rate("sw1.if.*.rx", "1 hour")
//	count("servers.**")
//
// A text goes in and comes out as an Expr, or as an error with its place. At a time an Expr becomes an Evaluation, which
// is shown each series of the past (Look) and then has the results. It keeps sums, not points, so it costs little
// whatever the window spans.
//
// The window is (at - interval, at]. A glob is asked with the name of an aggregate's series, for which the result that
// the function is best served by stands (history.Source.Stands), and else with the name of a result as it is emitted.
package query
