// The parts of the API's answers that the doctor reads; described by /api/v1/openapi.json.

/// `/api/v1/health`
struct Health: Decodable, Sendable {
    let status: String
    let message: String?
    let lag: Double?
    let store: Store
    let asMap: ASMap?
    let snmp: SNMP?

    struct SNMP: Decodable, Sendable {
        let agents: Int
        let answering: Int
        let leftOut: Int
        let problem: String?
    }

    let sources: [Source]?

    struct Source: Decodable, Sendable {
        let kind: String
        let name: String
        let read: UInt64
        let rows: UInt64
        let lost: [String: UInt64]
        let lag: Int64?
        let advice: [String]
        let failure: String?
    }

    let bmp: BMP?

    struct BMP: Decodable, Sendable {
        let listen: String
        let sessions: UInt64
        let peers: Int
        let problem: String?
        let refused: [String: UInt64]
        let ended: [String: UInt64]
        let routers: [Router]

        struct Router: Decodable, Sendable {
            let prefixesV4: Int
            let prefixesV6: Int
        }
    }

    struct ASMap: Decodable, Sendable {
        let routesV4: Int
        let routesV6: Int
        let names: Int
        let problem: String?
        let sources: [Source]

        struct Source: Decodable, Sendable {
            let location: String
            let kind: String
            let changed: UInt64?
            let entries: Int?
            let problem: String?
        }
    }

    let routerTables: [RouterTable]?

    struct RouterTable: Decodable, Sendable {
        let exporter: String
        let file: String
        let changed: UInt64?
        let prefixes: Int
        let problem: String?
    }

    struct Store: Decodable, Sendable {
        let retentionDays: Int
        let retention: Retention?

        struct Retention: Decodable, Sendable {
            let missingBytes: UInt64
            let keepsSeconds: Double?
            let keepsBound: String?
            let sentence: String?
        }
    }
}

/// `/api/v1/health/losses`
struct Losses: Decodable, Sendable {
    let since: UInt64
    let at: UInt64
    let datagrams: Datagrams
    let records: Records
    let rows: Rows
    let stages: [Stage]
    let listeners: [Listener]
    let refused: [Refused]

    struct Total: Decodable, Sendable {
        let total: UInt64
    }

    struct Datagrams: Decodable, Sendable {
        let arrived: UInt64
        let decoded: UInt64
        let lost: Total
        let holds: Bool
    }

    struct Records: Decodable, Sendable {
        let holds: Bool
    }

    struct Rows: Decodable, Sendable {
        let written: UInt64
        let stored: UInt64
        let inFlight: Total
        let lost: Total
        let holds: Bool
    }

    struct Stage: Decodable, Sendable {
        let lost: [Reason]

        struct Reason: Decodable, Sendable {
            let reason: String
            let unit: String
            let count: UInt64
            let explanation: String
            let remedy: String
        }
    }

    struct Listener: Decodable, Sendable {
        let `protocol`: String
        let address: String
        let buffer: Buffer?

        struct Buffer: Decodable, Sendable {
            let bytes: Int
            let asked: Int
        }
    }

    struct Refused: Decodable, Sendable {
        let address: String
        let datagrams: UInt64
    }
}

/// `/api/v1/exporters`
struct Exporters: Decodable, Sendable {
    let exporters: [Exporter]

    struct Exporter: Decodable, Sendable {
        let address: String
        let lastSeen: UInt64
        let flows: UInt64
        let sequenceGaps: UInt64
        let sampling: Sampling
        let clock: Clock
        let templates: Templates
        let malformed: [String: UInt64]
        let snmp: SNMP?

        struct SNMP: Decodable, Sendable {
            let problem: String?
        }

        struct Sampling: Decodable, Sendable {
            let source: String
        }

        struct Clock: Decodable, Sendable {
            let offset: Int64?
        }

        struct Templates: Decodable, Sendable {
            let missing: Int
        }
    }
}
