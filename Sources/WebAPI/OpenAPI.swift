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
            // None where the configuration names nobody; the roles stand in Docs/auth.md.
            json.member("security") { json in
                json.array([[], ["token"], ["session"]]) { json, names in
                    json.object { json in
                        for name in names { json.member(name) { json in json.strings([]) } }
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
            let name = endpoint.operationName
            json.member("operationId") { json in json.string(method == "get" ? name : "\(name)_\(method)") }
            json.member("summary") { json in json.string(endpoint.summary) }
            if endpoint.needsToken {
                json.member("security") { json in
                    json.array(["token"]) { json, name in
                        json.object { json in json.member(name) { json in json.strings([]) } }
                    }
                }
            }
            let parameters = endpoint.parameters(of: method)
            if !parameters.isEmpty {
                json.member("parameters") { json in
                    json.array(parameters) { json, name in
                        json.object { json in
                            json.member("name") { json in json.string(name) }
                            json.member("in") { json in json.string("query") }
                            json.member("description") { json in json.string(Endpoint.describe(parameter: name)) }
                            if (endpoint == .events && name == "event" && method != "get")
                                || (endpoint == .imports && name == "name") || endpoint == .cancel
                                || (endpoint == .views && method != "get")
                                || (endpoint == .flow && name == "place")
                            {
                                json.member("required") { json in json.bool(true) }
                            }
                            json.member("schema") { json in json.parameterSchema(name, of: endpoint) }
                        }
                    }
                }
            }
            if let type = endpoint.bodyType(of: method) {
                json.member("requestBody") { json in
                    json.object { json in
                        json.member("required") { json in json.bool(true) }
                        json.member("content") { json in
                            json.content(type, schema: type == "application/json" ? "object" : nil)
                        }
                    }
                }
            }
            json.member("responses") { json in
                json.object { json in
                    json.member("200") { json in
                        json.object { json in
                            json.member("description") { json in json.string(endpoint.answer) }
                            json.member("content") { json in json.answer(endpoint) }
                        }
                    }
                    json.member("default") { json in
                        json.object { json in
                            // Firehose reads errors in a form of its own.
                            guard endpoint != .firehose else {
                                json.member("description") { json in json.string("It isn't stored: errorMessage.") }
                                json.member("content") { json in json.content("application/json", schema: "object") }
                                return
                            }
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

    /// What an answer may be: JSON, or what was asked for by `format`.
    private mutating func answer(_ endpoint: Endpoint) {
        object { json in
            json.member(endpoint.mediaType) { json in
                json.object { json in
                    json.member("schema") { json in
                        if let members = endpoint.members {
                            json.schema(members)
                        } else {
                            json.object { json in
                                json.member("type") { json in json.string(endpoint.isJSON ? "object" : "string") }
                            }
                        }
                    }
                }
            }
            guard endpoint == .query else { return }
            for type in Set(ResultFormat.allCases.map(\.mediaType)).sorted() where !type.hasPrefix(endpoint.mediaType) {
                json.member(type) { json in
                    json.object { json in
                        json.member("schema") { json in
                            json.object { json in json.member("type") { json in json.string("string") } }
                        }
                    }
                }
            }
        }
    }

    private mutating func parameterSchema(_ name: String, of endpoint: Endpoint) {
        let choices: [String: [String]] = [
            "unit": TrafficUnit.allCases.map(\.rawValue), "direction": DirectionChoice.allCases.map(\.rawValue),
            "by": Ranking.allCases.map(\.rawValue), "split": ["direction"],
            "detail": DetailChoice.allCases.map(\.rawValue), "spread": Spreading.Choice.allCases.map(\.rawValue),
            "kind": ImportOptions.Kind.allCases.map(\.rawValue), "reporter": ["source", "destination", "both"],
            "reverse": ["off", "on"], "column": ValuesQuery.Subject.allCases.map(\.rawValue),
        ]
        object { json in
            let isNumber = ["limit", "bucket", "seconds", "previous", "position", "samplingRate"].contains(name)
            json.member("type") { json in json.string(isNumber ? "integer" : "string") }
            if let choices = choices[name], name != "kind" || endpoint == .imports {
                json.member("enum") { json in json.strings(choices) }
            }
            if name == "id" { json.member("pattern") { json in json.string("^[A-Za-z0-9-]{8,64}$") } }
            if isNumber { json.member("minimum") { json in json.number(name == "position" ? 0 : 1) } }
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
                json.object { json in
                    json.member("token") { json in json.tokenScheme() }
                    json.member("session") { json in json.sessionScheme() }
                }
            }
        }
    }

    private mutating func tokenScheme() {
        object { json in
            json.member("type") { json in json.string("http") }
            json.member("scheme") { json in json.string("bearer") }
            json.member("description") { json in
                json.string(
                    "A token of auth.tokens, or what local.token of the server's data folder holds; new at each start."
                )
            }
        }
    }

    private mutating func sessionScheme() {
        object { json in
            json.member("type") { json in json.string("apiKey") }
            json.member("in") { json in json.string("cookie") }
            json.member("name") { json in json.string("netmeta_8080") }
            json.member("description") { json in
                json.string("The cookie that /api/v1/login sets; its name ends with the server's port.")
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
