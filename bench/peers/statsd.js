{
  // The reference with its own graphite backend, to {{index .Out 0}}; its management port is 8126, which must be free.
  servers: [
    { server: "./servers/udp", address: "{{.InHost}}", port: {{.InPort}} },
    { server: "./servers/tcp", address: "{{.InHost}}", port: {{.InPort}} }
  ],
  mgmt_address: "127.0.0.1", automaticConfigReload: false, flushInterval: 10000,
  graphiteHost: "{{host (index .Out 0)}}", graphitePort: {{port (index .Out 0)}},
  graphite: { legacyNamespace: false }, backends: ["./backends/graphite"]
}
