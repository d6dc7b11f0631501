import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NetTypes
import Testing

@testable import WebAPI

struct GuardTests {
    static let local = HostPolicy(listeners: [IPEndpoint(address: IPAddress(127, 0, 0, 1), port: 8080)], names: [])
    static let wide = HostPolicy(
        listeners: [IPEndpoint(address: IPAddress(192, 0, 2, 1), port: 80)],
        names: ["NetMeta.example"]
    )
    static let any = HostPolicy(listeners: [IPEndpoint(address: .unspecified, port: 80)], names: [])

    @Test func hosts() {
        for host in ["localhost", "LOCALHOST:8080", "localhost.", "127.0.0.1", "127.1.2.3:99", "[::1]:8080", "[::1]"] {
            #expect(Self.local.allows(authority: host), "\(host)")
        }
        for host in [
            "", ":80", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1", "[::]",
            "0.0.0.0",
            "localhost:", "localhost:99999", "[::1", "[::1]x", "localhost:80:80", "user@localhost", "netmeta.example",
        ] {
            #expect(!Self.local.allows(authority: host), "\(host)")
        }
        #expect(Self.wide.allows(authority: "netmeta.EXAMPLE:443"))
        #expect(Self.wide.allows(authority: "192.0.2.1"))
        #expect(!Self.wide.allows(authority: "192.0.2.2"))
        #expect(Self.any.allows(authority: "192.0.2.2"))
        #expect(Self.any.allows(authority: "[2001:db8::1]:80"))
        #expect(!Self.any.allows(authority: "evil.example"))
    }

    @Test func origins() {
        #expect(Self.local.allows(origin: "http://localhost:8080"))
        #expect(Self.local.allows(origin: "https://127.0.0.1"))
        for origin in ["null", "", "http://evil.example", "file://", "http://localhost:8080/x", "ftp://localhost"] {
            #expect(!Self.local.allows(origin: origin), "\(origin)")
        }
    }

    @Test func foreignPagesGetNothing() async throws {
        let site = try #require(HTTPField.Name("sec-fetch-site"))
        let mode = try #require(HTTPField.Name("sec-fetch-mode"))
        for headers: HTTPFields in [
            [.origin: "http://evil.example"], [.origin: "null"], [site: "cross-site", mode: "no-cors"],
            [site: "cross-site", mode: "navigate"],
        ] {
            let answer = try await Harness().send("/api/v1/health", headers: headers)
            #expect(answer.status == 403)
            #expect(try answer.error()["code"] as? String == "forbidden")
        }
        let ours: HTTPFields = [.origin: "http://localhost:8080", site: "same-origin", mode: "cors"]
        #expect(try await Harness().send("/api/v1/health", headers: ours).status == 200)
    }

    @Test func namesMayChangeWhileTheServerRuns() async throws {
        let api = WebAPI(store: Harness().store, status: FakeStatus(), options: WebAPI.Options(version: "1"))
        let headers: HTTPFields = [.origin: "http://netmeta.example"]
        let codes = try await Application(router: api.makeRouter()).test(.router) { client in
            var codes: [Int] = []
            for names in [[], ["netmeta.example"], []] {
                api.setNames(names)
                codes.append(
                    try await client.execute(uri: "/api/v1/health", method: .get, headers: headers) { $0.status.code }
                )
            }
            return codes
        }
        #expect(codes == [403, 200, 403])
    }

    @Test func methods() async throws {
        for method: HTTPRequest.Method in [.post, .put, .delete, .options, .patch, .trace] {
            let answer = try await Harness().send("/api/v1/health", method: method)
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == "GET, HEAD")
            #expect(try answer.error()["code"] as? String == "method_not_allowed")
        }
        #expect(try await Harness().send("/api/v1/query", method: .put).headers[.allow] == "GET, HEAD, POST")
        let importing = try await Harness().send("/api/v1/imports")
        #expect(importing.status == 405)
        #expect(importing.headers[.allow] == "POST")
        let head = try await Harness().send("/api/v1/health", method: .head)
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
    }

    @Test(arguments: ["/api/v1/health", "/nothing", "/metrics", "/api/v1/graph?from=x", "/"])
    func everyAnswerHasSecurityHeaders(path: String) async throws {
        let headers = try await Harness().send(path).headers
        let policy = try #require(headers[.contentSecurityPolicy])
        #expect(policy.contains("default-src 'self'"))
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(headers[.xContentTypeOptions] == "nosniff")
        let referrer = try #require(HTTPField.Name("referrer-policy"))
        #expect(headers[referrer] == "no-referrer")
    }

    @Test func unknownPathsAreJSONErrors() async throws {
        for path in ["/nothing", "/api/v1/", "/api/v2/graph", "/api/v1/graph/x"] {
            let answer = try await Harness().send(path)
            #expect(answer.status == 404)
            #expect(try answer.error()["code"] as? String == "not_found")
        }
    }
}
