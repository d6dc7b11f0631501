import FlowQuery
import FlowStore

/// The OpenAPI 3.1 document, made from ``Endpoint`` so that it can't forget a route or a parameter.
enum OpenAPI {
    /// The document as JSON.
    static func document(version: String) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("openapi") { json in json.string("3.1.0") }
            json.member("info") { json in
                json.object { json in
                    json.member("title") { json in json.string("NetMeta") }
                    json.member("version") { json in json.string(version) }
                    json.member("description") { json in
                        json.string("Questions about network flows. Times are Unix seconds; ranges are [from, to).")
                    }
                }
            }
            json.member("paths") { json in
                json.object { json in
                    for endpoint in Endpoint.allCases {
                        json.member(endpoint.rawValue) { json in json.path(endpoint) }
                    }
                }
            }
            json.member("components") { json in json.components() }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    fileprivate mutating func path(_ endpoint: Endpoint) {
        object { json in
            for method in endpoint.methods {
                json.member(method) { json in json.operation(endpoint, method) }
            }
        }
    }

    private mutating func operation(_ endpoint: Endpoint, _ method: String) {
        object { json in
            let name = endpoint.rawValue.split(separator: "/").last.map(String.init) ?? ""
            json.member("operationId") { json in json.string(method == "get" ? name : "\(name)_\(method)") }
            json.member("summary") { json in json.string(endpoint.summary) }
            if endpoint.needsToken {
                json.member("security") { json in
                    json.array(["token"]) { json, name in
                        json.object { json in json.member(name) { json in json.strings([]) } }
                    }
                }
            }
            if method == endpoint.methods.first, !endpoint.parameters.isEmpty {
                json.member("parameters") { json in
                    json.array(endpoint.parameters) { json, name in
                        json.object { json in
                            json.member("name") { json in json.string(name) }
                            json.member("in") { json in json.string("query") }
                            json.member("description") { json in json.string(Endpoint.describe(parameter: name)) }
                            if endpoint == .imports || endpoint == .cancel {
                                json.member("required") { json in json.bool(true) }
                            }
                            json.member("schema") { json in json.parameterSchema(name) }
                        }
                    }
                }
            }
            if method == "post", endpoint != .cancel {
                json.member("requestBody") { json in
                    json.object { json in
                        json.member("required") { json in json.bool(true) }
                        let type = endpoint == .imports ? "application/octet-stream" : "text/plain"
                        json.member("content") { json in json.content(type, schema: nil) }
                    }
                }
            }
            json.member("responses") { json in
                json.object { json in
                    json.member("200") { json in
                        json.object { json in
                            json.member("description") { json in json.string(endpoint.answer) }
                            json.member("content") { json in
                                json.content(endpoint.mediaType, schema: endpoint.isJSON ? "object" : nil)
                            }
                        }
                    }
                    json.member("default") { json in
                        json.object { json in
                            json.member("$ref") { json in json.string("#/components/responses/Error") }
                        }
                    }
                }
            }
        }
    }

    private mutating func bool(_ value: Bool) {
        self.value(.bool(value))
    }

    private mutating func content(_ mediaType: String, schema: String?) {
        object { json in
            json.member(mediaType) { json in
                json.object { json in
                    json.member("schema") { json in
                        json.object { json in
                            json.member("type") { json in json.string(schema ?? "string") }
                        }
                    }
                }
            }
        }
    }

    private mutating func parameterSchema(_ name: String) {
        let choices: [String: [String]] = [
            "unit": TrafficUnit.allCases.map(\.rawValue), "direction": DirectionChoice.allCases.map(\.rawValue),
            "by": Ranking.allCases.map(\.rawValue), "split": ["direction"],
            "detail": DetailChoice.allCases.map(\.rawValue),
        ]
        object { json in
            let isNumber = name == "limit" || name == "bucket"
            json.member("type") { json in json.string(isNumber ? "integer" : "string") }
            if let choices = choices[name] { json.member("enum") { json in json.strings(choices) } }
            if name == "id" { json.member("pattern") { json in json.string("^[A-Za-z0-9-]{8,64}$") } }
            if isNumber { json.member("minimum") { json in json.number(1) } }
        }
    }

    fileprivate mutating func components() {
        object { json in
            json.member("responses") { json in
                json.object { json in
                    json.member("Error") { json in
                        json.object { json in
                            json.member("description") { json in json.string("What went wrong.") }
                            json.member("content") { json in
                                json.object { json in
                                    json.member("application/json") { json in
                                        json.object { json in
                                            json.member("schema") { json in
                                                json.object { json in
                                                    json.member("$ref") { json in
                                                        json.string("#/components/schemas/Error")
                                                    }
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            json.member("schemas") { json in
                json.object { json in json.member("Error") { json in json.errorSchema() } }
            }
            json.member("securitySchemes") { json in
                json.object { json in json.member("token") { json in json.tokenScheme() } }
            }
        }
    }

    private mutating func tokenScheme() {
        object { json in
            json.member("type") { json in json.string("http") }
            json.member("scheme") { json in json.string("bearer") }
            json.member("description") { json in
                json.string("What stands in local.token of the server's data folder; new at each start.")
            }
        }
    }

    private mutating func errorSchema() {
        let members = [
            ("code", "string"), ("message", "string"), ("parameter", "string"), ("position", "integer"),
            ("length", "integer"), ("suggestion", "string"),
        ]
        object { json in
            json.member("type") { json in json.string("object") }
            json.member("properties") { json in
                json.object { json in
                    json.member("error") { json in
                        json.object { json in
                            json.member("type") { json in json.string("object") }
                            json.member("required") { json in json.strings(["code", "message"]) }
                            json.member("properties") { json in
                                json.object { json in
                                    for (name, type) in members {
                                        json.member(name) { json in
                                            json.object { json in
                                                json.member("type") { json in json.string(type) }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Endpoint {
    /// One sentence for the document.
    var summary: String {
        switch self {
        case .schema: "The columns of flow rows, and the units."
        case .graph: "Traffic over time of the top groups, unknown and Other apart."
        case .top: "The groups with most traffic."
        case .flows: "Raw flows, newest first, a page at a time."
        case .exporters: "Who sends flows, and how well."
        case .health: "How the collector is doing, and what was lost where."
        case .losses: "What became of every datagram and row, by stage, exporter and reason, with the sums as figures."
        case .query: "Read-only SQL over the flows."
        case .questions: "The questions with an id that are asked at this moment, and how far they are."
        case .cancel:
            "Ends a question that is asked at this moment; who asked it gets the error cancelled (status 499)."
        case .imports: "Stores the flows of a capture (pcap or pcapng, gzip or not), each capture once."
        case .docs: "The pages of the manual that came with this version; each is at /docs/NAME.md as Markdown."
        case .openAPI: "This document."
        case .metrics: "Counters for Prometheus."
        case .alive: "Whether the process works."
        case .ready: "Whether flows are stored and questions answered."
        }
    }

    var isJSON: Bool {
        switch self {
        case .metrics, .alive, .ready, .imports: false
        default: true
        }
    }

    var mediaType: String { isJSON ? "application/json" : self == .imports ? "application/x-ndjson" : "text/plain" }

    /// What comes back.
    var answer: String {
        switch self {
        case .schema:
            "version, columns (name, number, type, kind, unit, group, dimension, mirror, documentation), units"
        case .graph:
            """
            from, to, bucket, unit, dimensions, times, series (key, labels, kind, direction, values, last, average, \
            peak, p95, total, share), groups, shown, exact, assumedSampling, statistics, sql, rankingSql
            """
        case .top:
            """
            from, to, unit, dimensions, rows (key, labels, kind, bytes, packets, flows, rate, share), groups, shown, \
            total, exact, assumedSampling, statistics, sql
            """
        case .flows: "columns, rows, next (a cursor for before, or null), statistics, sql"
        case .exporters:
            """
            exporters (address, name, protocols, lastSeen, datagrams, flows, flowsPerSecond, bitsPerSecond, \
            sequenceGaps, sequenceRestarts, agentDrops, sampling (rate; source: record, options, configuration or \
            unknown), settings (what the configuration says: samplingRate or null, tunnel, templates, holdForRate in \
            seconds), clock (offset in seconds or null, wrongDatagrams), templates (known, missing), sets (waiting, \
            parked, held, withoutTemplate, unknown), records (flow, options, events, counters, rejected, skipped, \
            lostTexts), memory (what remembering it takes: bytes, refused), malformed by reason, statistics (what the exporter says of itself), named (how many \
            interfaces, vrfs, applications, samplers have names), snmp (null where the agent isn't asked; version, asked \
            and answered (Unix seconds of the last poll, and of the last that gave names), problem, name, interfaces), \
            router (null, or the router whose routes fill its flows, as in health's bmp); of one exporter also names (id, name, of interfaces speed in bit/s where it is known))
            """
        case .health:
            """
            status, version, since, ready, message, losses (datagrams and rows, as in /health/losses; received, stored, \
            inFlight, lost are one sum over all units, in which a datagram or set that was lost before its rows could \
            be counted stands as one), gapsBefore, gapAtRestart, lag, listeners, store, spool, \
            asMap (null without enrichment.geo, asMap and asNames; routesV4, routesV6, names, loaded (Unix seconds), \
            problem, sources (location, kind places, routes or names, checked, problem)), \
            snmp (null without enrichment.snmp; agents, answering, leftOut, problem), bmp (null without enrichment.bmp; \
            listen, sessions, peers, messages, bytes, limit, problem, refused, ended and skipped by reason, lastBuild \
            in seconds, routers (address, name, description, sessions, prefixesV4, prefixesV6, routes, heldViews, \
            refused, bytes, exporters))
            """
        case .losses:
            """
            since and at (Unix seconds), datagrams (arrived = decoded + lost), records (read + reverseRows = rows + \
            events + rejected), rows (written = stored + lost + inFlight), each with holds; stages (stage, explanation, \
            figures (name, unit, value, explanation), lost (reason, unit, count, kinds, explanation, remedy)); \
            listeners (with buffer and sessions); refused (senders that listeners.allow leaves out); exporters (total, \
            shown, list: those with most losses); estimates (in no sum: missingDatagrams, missingRecords, missingRows, \
            kernelDropRows, rowsBeforeUs)
            """
        case .query: "meta (name, type), data (an object a row), rows, statistics"
        case .questions:
            """
            questions (id, path, seconds since it was asked, rowsRead, rowsTotal or null while it isn't known, memory in \
            bytes); rows and memory are those of the statement that runs: a graph by dimensions is two, one after the \
            other, and one that waits for others has read none
            """
        case .cancel: "cancelled (the id); 404 when no such question is asked"
        case .imports:
            """
            One object a line: waiting (another import has to end), rows (stored so far), warning, and at the end \
            summary or failure
            """
        case .docs: "version, pages (name, title)"
        case .openAPI: "OpenAPI 3.1"
        case .metrics: "Prometheus text format 0.0.4"
        case .alive, .ready: "A word."
        }
    }

    static func describe(parameter name: String) -> String {
        switch name {
        case "from": "Start, included: Unix seconds, RFC 3339, or -15m, -6h, -7d; default -1h."
        case "to": "End, excluded; default now."
        case "dimensions": "Up to five column names with commas between them."
        case "filter": "A condition in the filter language."
        case "unit": "What is measured; default bit/s."
        case "limit": "Groups (1 to 50, default 8) or rows (1 to 1000, default 100)."
        case "direction": "One direction's flows only; default all."
        case "by": "Top groups by traffic over the range, or in their best bucket; default average."
        case "bucket": "Seconds a point; the default gives at most 300 points."
        case "detail": "Which tables answer: sums kept beside the raw rows where they are exact, or raw rows only."
        case "split": "Series for each direction."
        case "before": "The place where the page before ended: its next."
        case "sql": "One SELECT over the tables of netmeta."
        case "address": "One exporter, with the names that it told; all without names by default."
        case "id":
            "A name that the client chooses for the question, to watch and to cancel it; one question at a time has it."
        case "name": "What the capture is called, for messages."
        case "format": "The format of the answer: TSV, CSVWithNames, JSONCompact, Pretty and others."
        default: ""
        }
    }
}
