{ graphiteHost: "127.0.0.1", graphiteProtocol: "pickle", graphitePicklePort: 2004 }
