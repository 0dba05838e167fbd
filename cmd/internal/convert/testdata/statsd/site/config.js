/*
 a statsd
*/
{
  graphitePort: 2003
, graphiteHost: "graphite.example.com" // where
, port: 8125
, flushInterval: 60000
, backends: [ "./backends/graphite", "./backends/repeater" ]
, repeater: [{host: "10.8.3.214", port: 8125}]
, percentThreshold: [50, 95, -10, 99.9],
  deleteIdleStats: true, deleteGauges: false,
  servers: [ { server: "./servers/tcp", address: "0.0.0.0", port: 8125 }, { server: "./servers/udp", address: "0.0.0.0", port: 8125 } ],
  histogram: [ { metric: 'mult', bins: [ 1.1, 2, 'inf'] } , {metric:'', bins:[]} ],
  graphite: { legacyNamespace: false, globalPrefix: "", prefixTimer: 't' },
  prefixStats: "statsd", foo: 1,
}
