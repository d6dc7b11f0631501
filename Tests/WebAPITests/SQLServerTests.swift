import FlowQuery
import FlowStore
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NetTypes
import Synchronization
import Testing

@testable import WebAPI

/// The SQL endpoint's rules, without the engine.
struct SQLServerTests {
    /// Gives the same bytes to every statement that passes the gate.
    private final class FakeFormats: FormattingStore {
        private let log = Mutex<[FormattedQuery]>([])
        let pieces: [[UInt8]]
        let failure: StoreError?

        init(_ pieces: [[UInt8]] = [Array("1\n".utf8)], failure: StoreError? = nil) {
            self.pieces = pieces
            self.failure = failure
        }

        var asked: [FormattedQuery] { log.withLock { $0 } }

        func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
            QueryResult(
                columns: [
                    ResultColumn(name: "v", type: "String", values: [.string("26.9.2.1")]),
                    ResultColumn(name: "t", type: "String", values: [.string("UTC")]),
                ],
                rowCount: 1,
                elapsed: 0
            )
        }

        func progress() async throws -> [String: QueryProgress] { [:] }

        func formatted(_ query: FormattedQuery) async throws -> any FormattedAnswer {
            log.withLock { $0.append(query) }
            try query.check(["SelectWithUnionQuery (children 1)", " ExpressionList (children 1)"])
            return FakeAnswer(pieces, failure, query.compression)
        }
    }

    private final class FakeAnswer: FormattedAnswer {
        private let left: Mutex<[[UInt8]]>
        private let failure: StoreError?

        let compression: ResultCompression?

        init(_ pieces: [[UInt8]], _ failure: StoreError?, _ compression: ResultCompression?) {
            left = Mutex(pieces)
            self.compression = compression
            self.failure = failure
        }

        var rows: UInt64? { 1 }
        func cancel() {}

        func next() async throws -> [UInt8]? {
            let piece = left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if piece == nil, let failure { throw failure }
            return piece
        }
    }

    private struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: String
        var code: String? { headers[.clickHouse("Exception-Code")] }
    }

    private func send(
        _ uri: String,
        method: HTTPRequest.Method = .post,
        headers: HTTPFields = [:],
        body: String? = "SELECT 1",
        store: FakeFormats = FakeFormats(),
        access: AccessControl = AccessControl()
    ) async throws -> Answer {
        let api = WebAPI(store: store, status: FakeStatus(), access: access, options: WebAPI.Options(version: "1"))
        let server = SQLServer(
            api: api,
            store: store,
            options: SQLServer.Options(listener: IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 8123))
        )
        let app = Application(router: server.makeRouter())
        return try await app.test(.router) { client in
            try await client.execute(
                uri: uri,
                method: method,
                headers: headers,
                body: body.map { ByteBuffer(string: $0) }
            ) { response in
                Answer(status: response.status.code, headers: response.headers, body: String(buffer: response.body))
            }
        }
    }

    @Test("format, parameters and settings go to the store as they are meant")
    func request() async throws {
        let store = FakeFormats()
        let answer = try await send(
            "/?default_format=JSONCompact&param_a=it%27s+1&output_format_json_quote_64bit_integers=1&session_id=x"
                + "&max_execution_time=5&query_id=abc&database=default",
            headers: [.acceptEncoding: "br;q=0, gzip"],
            body: "SELECT {a:String}",
            store: store
        )
        #expect(answer.status == 200 && answer.body == "1\n")
        #expect(answer.headers[.clickHouse("Format")] == "JSONCompact" && answer.headers[.contentEncoding] == "gzip")
        #expect(answer.headers[.clickHouse("Query-Id")] == "abc")
        let asked = try #require(store.asked.first)
        #expect(asked.sql == "SELECT {a:String}" && asked.format == "JSONCompact" && asked.compression == .gzip)
        #expect(asked.parameters == ["a": "it's 1"])
        #expect(asked.settings == ["output_format_json_quote_64bit_integers": "1"])
        #expect(asked.limits.seconds == 5 && asked.limits.isPersons)
    }

    @Test("settings at the end of a statement count like those of the URL, and before them")
    func settingsInText() async throws {
        let store = FakeFormats()
        let sql = """
            SELECT Bytes FROM flows_raw
            settings additional_table_filters={'flows_raw' : ' SrcAS = \\'1\\' '}, max_execution_time=4, max_threads=1,
            log_comment='x', output_format_json_quote_64bit_integers=1 FORMAT CSV
            """
        let answer = try await send("/?max_execution_time=5&limit=3", body: sql, store: store)
        #expect(answer.status == 200 && answer.headers[.clickHouse("Format")] == "CSV", "\(answer.body)")
        let asked = try #require(store.asked.first)
        #expect(asked.sql == "SELECT * FROM (SELECT Bytes FROM flows_raw\n) LIMIT 3 OFFSET 0" && asked.format == "CSV")
        #expect(asked.limits.seconds == 4)
        #expect(asked.probes.map(\.sql) == ["SELECT 1 FROM flows_raw WHERE (\n SrcAS = '1' \n)"])
        #expect(
            asked.settings == [
                "additional_table_filters": "{'flows_raw':' SrcAS = \\'1\\' '}", "max_threads": "1",
                "output_format_json_quote_64bit_integers": "1",
            ]
        )
    }

    @Test(
        "what can't be had is refused with ClickHouse's code and status",
        arguments: [
            ("/?readonly=0", "SELECT 1", 403, "164"), ("/?allow_ddl=1", "SELECT 1", 403, "164"),
            ("/?format_schema=x", "SELECT 1", 403, "164"), ("/?output_format_schema=x", "SELECT 1", 403, "164"),
            ("/?database=system", "SELECT 1", 404, "81"), ("/", "SELECT 1 FORMAT Protobuf", 404, "73"),
            ("/?default_format=nonsense", "SELECT 1", 404, "73"), ("/", " ; ", 400, "62"),
            ("/", "INSERT INTO flows_raw VALUES (1)", 403, "497"), ("/?decompress=1", "SELECT 1", 501, "48"),
            ("/?param_a%20b=1", "SELECT 1", 400, "457"), ("/?max_execution_time=x", "SELECT 1", 400, "457"),
            ("/?query=%ZZ", "SELECT 1", 400, "36"), ("/", "SELECT 1 SETTINGS readonly = 0", 403, "164"),
            ("/", "SELECT 1 SETTINGS max_threads=1, allow_ddl=1", 403, "164"),
            ("/", "SELECT 1 SETTINGS user='x'", 403, "164"), ("/", "SELECT 1 SETTINGS database='system'", 403, "164"),
            ("/", "SELECT 1 SETTINGS max_threads='many'", 400, "457"),
            ("/", "SELECT 1 SETTINGS additional_table_filters={'system.users':'1'}", 403, "497"),
            ("/?additional_table_filters=x", "SELECT 1", 403, "497"),
        ]
    )
    func refusals(uri: String, body: String, status: Int, code: String) async throws {
        let answer = try await send(uri, body: body)
        #expect(answer.status == status && answer.code == code, "\(answer.body)")
        #expect(answer.body.hasPrefix("Code: \(code). DB::Exception: "))
    }

    @Test("a failure of the store keeps its code, and one behind the beginning breaks the answer off")
    func failures() async throws {
        let unknown = StoreError(code: 60, message: "Unknown table x. (UNKNOWN_TABLE)")
        let answer = try await send("/", store: FakeFormats([], failure: unknown))
        #expect(answer.status == 404 && answer.code == "60")
        #expect(answer.body == "Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE) (version 26.9.2.1)\n")
        let long = [[UInt8]](repeating: [UInt8](repeating: 0x41, count: 1 << 18), count: 2)
        await #expect(throws: (any Error).self) {
            _ = try await send("/", store: FakeFormats(long, failure: StoreError(code: 241, message: "memory")))
        }
    }

    @Test("pages of other sites and other names of the host get nothing")
    func guards() async throws {
        for headers: HTTPFields in [
            [.origin: "http://evil.example"], [HTTPField.Name("Sec-Fetch-Site") ?? .accept: "cross-site"],
        ] {
            #expect(try await send("/", headers: headers).status == 403)
        }
    }

    @Test("names, passwords and tokens are taken in each of ClickHouse's ways, and a browser's cookie in none")
    func credentials() {
        let basic = HTTPFields([HTTPField(name: .authorization, value: "Basic YWRhOnM6ZWNyZXQ=")])
        #expect(SQLServer.credentials(basic, []) == ProgramCredentials(user: "ada", password: "s:ecret"))
        let ours: HTTPFields = [.clickHouse("User"): "ada", .clickHouse("Key"): "k"]
        #expect(SQLServer.credentials(ours, []) == ProgramCredentials(user: "ada", password: "k"))
        #expect(
            SQLServer.credentials([:], [("user", "ada"), ("password", "k")])
                == ProgramCredentials(user: "ada", password: "k")
        )
        #expect(SQLServer.credentials([:], []) == nil)
    }

    @Test("where people have to log in, nobody asks without a proof, and guessing is slow")
    func access() async throws {
        var settings = AccessSettings()
        let hash = try #require(PasswordHash(of: "correct horse"))
        settings.users["ada"] = .init(role: .viewer, password: hash)
        settings.tokens["grafana"] = .init(role: .viewer, digest: BearerToken.digest("nmt_x"))
        let access = AccessControl(settings, folder: nil, port: 8123)
        let nobody = try await send("/", access: access)
        #expect(
            nobody.status == 401 && nobody.code == "516" && nobody.headers[.wwwAuthenticate]?.hasPrefix("Basic") == true
        )
        #expect(try await send("/?user=ada&password=correct+horse", access: access).status == 200)
        #expect(try await send("/?user=ada&password=wrong", access: access).status == 401)
        #expect(try await send("/", headers: [.authorization: "Bearer nmt_x"], access: access).status == 200)
        #expect(try await send("/?user=default&password=nmt_x", access: access).status == 200)
        #expect(try await send("/?user=other&password=nmt_x", access: access).status == 401)
        var last = 0
        for _ in 0..<12 where last != 429 {
            last = try await send("/?user=nobody&password=x", access: access).status
        }
        #expect(last == 429)
        // Who is known gets on.
        #expect(try await send("/?user=ada&password=correct+horse", access: access).status == 200)
    }

    @Test("settings that read files or lift limits are refused, others applied or ignored")
    func settings() throws {
        #expect(try SQLSettings.verdict("max_execution_time", "0", seconds: 60) == .applied("60"))
        #expect(try SQLSettings.verdict("max_execution_time", "900", seconds: 60) == .applied("60"))
        #expect(try SQLSettings.verdict("max_execution_time", "7", seconds: 60) == .applied("7"))
        #expect(try SQLSettings.verdict("log_comment", "x", seconds: 60) == .ignored)
        #expect(try SQLSettings.verdict("readonly", "1", seconds: 60) == .ignored)
        for name in [
            "readonly", "output_format_avro_registry_url", "format_avro_schema_registry_url", "schema", "path",
        ] {
            #expect(try SQLSettings.verdict(name, "0", seconds: 60) == .refused, "\(name)")
        }
    }
}
