import Foundation
import HTTPTypes
import Hummingbird
import Testing

@testable import WebAPI

/// What routes do with who asks.
struct AccessRouteTests {
    private static func harness() -> Harness {
        var harness = Harness()
        var settings = AccessTests.settings
        for role in Role.allCases {
            settings.tokens[role.rawValue] = .init(role: role, digest: BearerToken.digest(role.rawValue))
        }
        harness.access = AccessTests.control(settings)
        return harness
    }

    private static func bearer(_ token: String) -> HTTPFields { [.authorization: "Bearer \(token)"] }

    @Test func everyRouteAsksWho() async throws {
        let harness = Self.harness()
        let open: Set<Endpoint> = [.alive, .ready, .login, .logout, .session]
        for endpoint in Endpoint.allCases where !open.contains(endpoint) {
            for method in endpoint.methods.compactMap({ HTTPRequest.Method(rawValue: $0.uppercased()) }) {
                let answer = try await harness.send(endpoint.rawValue, method: method, body: method == .get ? nil : "x")
                #expect(answer.status == 401, "\(method) \(endpoint)")
                #expect(answer.headers[.wwwAuthenticate] == "Bearer")
                #expect(try answer.error()["code"] as? String == "unauthorized")
                let message = try #require(try answer.error()["message"] as? String)
                #expect(message.contains("/login.html") && message.contains("Authorization: Bearer"))
            }
        }
        // However the path is written.
        for path in ["/api/v1//health", "//api/v1/health", "/api/v1/health/", "/api/v1/health?x=1", "/metrics/"] {
            let status = try await harness.send(path).status
            #expect(status == 401 || status == 404, "\(path)")
        }
        for path in ["/healthz", "/readyz", "/api/v1/session"] { #expect(try await harness.send(path).status == 200) }
    }

    @Test(arguments: [
        ("viewer", "GET", "/api/v1/health", 200), ("viewer", "GET", "/metrics", 200),
        ("viewer", "GET", "/api/v1/views", 200), ("viewer", "POST", "/api/v1/views", 403),
        ("viewer", "POST", "/api/v1/imports?name=a", 403), ("viewer", "GET", "/api/v1/audit", 403),
        ("editor", "POST", "/api/v1/views", 400), ("editor", "POST", "/api/v1/imports?name=a", 200),
        ("editor", "GET", "/api/v1/audit", 403), ("admin", "GET", "/api/v1/audit", 200),
        ("local", "POST", "/api/v1/imports?name=a", 200), ("local", "GET", "/api/v1/audit", 200),
    ])
    func rolesMayWhatTheyMay(token: String, method: String, path: String, status: Int) async throws {
        var harness = Self.harness()
        harness.imports = FakeImporter()
        let method = try #require(HTTPRequest.Method(rawValue: method))
        let body = method == .post ? "no JSON" : nil
        let answer = try await harness.send(path, method: method, headers: Self.bearer(token), body: body)
        #expect(answer.status == status)
        if status == 403 { #expect(try answer.error()["code"] as? String == "forbidden") }
    }

    @Test func thePageLeadsToTheLoginAndBack() async throws {
        var harness = Self.harness()
        harness.webRoot = try StaticFolder.make(["index.html": "the page", "login.html": "who are you?"])
        for path in ["/", "/index.html"] {
            let answer = try await harness.send(path)
            #expect(answer.status == 303, "\(path)")
            #expect(answer.headers[.location] == "./login.html")
            #expect(!answer.body.contains("the page"))
        }
        let asked = try await harness.send("/?p=explore&f=SrcAS+%3D+1")
        #expect(asked.headers[.location] == "./login.html?next=%3Fp%3Dexplore%26f%3DSrcAS%2B%253D%2B1")
        #expect(try await harness.send("/login.html").body == "who are you?")
        #expect(try await harness.send("/", headers: Self.bearer("viewer")).body == "the page")
    }

    @Test func aSessionBeginsAndEnds() async throws {
        let harness = Self.harness()
        let login = try await harness.send(
            "/api/v1/login",
            method: .post,
            body: #"{"user": "eve", "password": "correct horse"}"#
        )
        #expect(login.status == 200)
        #expect(try login.json()["user"] as? String == "eve")
        #expect(login.headers[.cacheControl] == "no-store")
        let cookie = String(try #require(login.headers[.setCookie]?.split(separator: ";").first))
        let headers: HTTPFields = [.cookie: cookie]
        let session = try await harness.send("/api/v1/session", headers: headers).json()
        #expect(session["role"] as? String == "editor" && session["by"] as? String == "session")
        #expect(session["ends"] as? Int == 1000 + 43_200)
        #expect(try await harness.send("/api/v1/health", headers: headers).status == 200)
        #expect(try await harness.send("/api/v1/views", method: .post, headers: headers, body: "{}").status == 403)
        var ours = headers
        ours[.origin] = "http://localhost"
        let view = #"{"name": "a", "query": ""}"#
        #expect(try await harness.send("/api/v1/views", method: .post, headers: ours, body: view).status == 200)
        #expect(try await harness.send("/api/v1/logout", method: .post, headers: ours).status == 200)
        #expect(try await harness.send("/api/v1/health", headers: headers).status == 401)
        #expect(try await harness.send("/api/v1/session", headers: headers).json()["user"] is NSNull)
    }

    @Test func whereItIsOpenNobodyLogsIn() async throws {
        let session = try await Harness().send("/api/v1/session").json()
        #expect(session["open"] as? Bool == true && session["role"] as? String == "admin")
        let login = try await Harness().send("/api/v1/login", method: .post, body: #"{"user":"a","password":"b"}"#)
        #expect(login.status == 400)
    }

    @Test func whatPeopleDidIsNoted() async throws {
        let harness = Self.harness()
        let wrong = #"{"user": "my secret word", "password": "my other secret"}"#
        #expect(try await harness.send("/api/v1/login", method: .post, body: wrong).status == 401)
        let known = #"{"user": "vic", "password": "a third secret"}"#
        #expect(try await harness.send("/api/v1/login", method: .post, body: known).status == 401)
        let right = #"{"user": "vic", "password": "correct horse"}"#
        #expect(try await harness.send("/api/v1/login", method: .post, body: right).status == 200)
        _ = try await harness.send("/api/v1/query?sql=SELECT%0A%201", headers: Self.bearer("viewer"))
        _ = try await harness.send("/api/v1/audit", headers: Self.bearer("viewer"))
        let view = #"{"name": "Uplink", "query": "?p=explore"}"#
        _ = try await harness.send("/api/v1/views", method: .post, headers: Self.bearer("editor"), body: view)
        let answer = try await harness.send("/api/v1/audit", headers: Self.bearer("admin"))
        let events = try #require(try answer.json()["events"] as? [[String: Any]])
        #expect(
            events.map { "\($0["kind"] ?? "") \($0["user"] ?? "") \($0["role"] ?? "")" } == [
                "view-saved editor editor", "refused  <null>", "sql viewer viewer", "login vic viewer",
                "login-failed  <null>",
            ]
        )
        #expect(events[2]["detail"] as? String == "SELECT 1")
        #expect(events[4]["detail"] as? String == "unauthorized an unknown user")
        #expect(!answer.body.contains("secret") && !answer.body.contains("horse"))
        let newest = try await harness.send("/api/v1/audit?limit=1", headers: Self.bearer("admin")).json()["events"]
        #expect((newest as? [Any])?.count == 1)
    }

    @Test func floodsOfRefusalsAreCounted() {
        let log = AuditLog(path: nil, logger: nil)
        for second in 0..<100 {
            log.note(.refused, by: nil, from: AccessTests.elsewhere, "GET /", now: UInt64(1000 + second / 10))
        }
        #expect(log.newest(10).count == 1)
        log.note(.refused, by: nil, from: AccessTests.elsewhere, "GET /", now: 1011)
        #expect(log.newest(10).map(\.leftOut) == [99, 0])
        for second in 0..<2000 { log.note(.sql, by: .anybody, from: nil, "SELECT \(second)", now: 1) }
        #expect(log.newest(5000).count == AuditLog.most)
    }

    @Test func theAuditLogSurvivesARestart() throws {
        let folder = try StaticFolder.make([:])
        let log = AuditLog(path: folder + "/audit.ndjson", logger: nil)
        log.note(.sql, by: .anybody, from: nil, "SELECT \u{1b}[31m\n1 " + String(repeating: "x", count: 600), now: 7)
        log.flush()
        let read = AuditLog(path: folder + "/audit.ndjson", logger: nil).newest(5)
        #expect(read.count == 1)
        let detail = try #require(read.first?.detail)
        #expect(detail.hasPrefix("SELECT [31m 1 xxx") && detail.count == AuditLog.longestDetail + 1)
    }
}

/// A folder of files for one test.
enum StaticFolder {
    static func make(_ files: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "netmeta-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return folder.path()
    }
}
