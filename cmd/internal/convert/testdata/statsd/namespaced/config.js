{
  backends: ["./backends/console", "my-backend"],
  graphite: {legacyNamespace: false, prefixCounter: "c", globalSuffix: "web1"},
  server: './servers/tcp', address: '127.0.0.1', port: 8200, mgmt_address: "127.0.0.1", mgmt_port: 8201,
  deleteGauges: true, gaugesMaxTTL: 6, keyNameSanitize: false,
  calculatedTimerMetrics: ['count', 'upper'],
}
