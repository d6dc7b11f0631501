import Foundation
import HTTPTypes
import Hummingbird
import NetTypes
import Synchronization
import Testing

@testable import WebAPI

struct PasswordHashTests {
    /// What Python's hashlib.scrypt (OpenSSL) makes of it, with N = 2^13, r = 32, p = 1.
    @Test func readsScrypt() throws {
        let text = "$7$BU..../....k2XAnEHBqQ1Ct2aMXFKNa/$Q5pezBy5hqudsV.XXg2wEgSGmFoMyt44hmjNjKRIhF/"
        let hash = try #require(PasswordHash(text))
        #expect(hash.matches("correct horse") && !hash.matches("correct horses"))
    }

    @Test func newOnesCostAndDiffer() throws {
        let hash = try #require(PasswordHash(of: "Grüße, 42 Züge"))
        let other = try #require(PasswordHash(of: "Grüße, 42 Züge"))
        #expect(hash.text.hasPrefix("$y$jBT$") && hash.text != other.text)
        #expect(hash.text.utf8.count <= 128, "what a secret in the configuration may have")
        let read = try #require(PasswordHash(hash.text))
        #expect(read.matches("Gru\u{308}ße, 42 Zu\u{308}ge"), "the same letters, composed by another keyboard")
        for wrong in ["", "Grüße, 42 Züg", "Grüße, 42 Züge\u{0}", String(repeating: "a", count: 501)] {
            #expect(!read.matches(wrong))
        }
        #expect(!PasswordHash.ofNobody.matches("correct horse"))
    }

    @Test(arguments: [
        "", "secret", "$y$", "$y$jBT$k2XAnEHBqQ1Ct2aMXFKNa/", "$6$salt$" + String(repeating: "a", count: 86),
        "$y$j5T$k2XAnEHBqQ1Ct2aMXFKNa/$Ry7oZ9ThqkDutyuKduodO92iRCkOPEVA3D3cGUEN1J1",
        "$y$jFT$k2XAnEHBqQ1Ct2aMXFKNa/$Ry7oZ9ThqkDutyuKduodO92iRCkOPEVA3D3cGUEN1J1",
        "$y$jBT$k2XAnEHBqQ1Ct2aMXFKNa/$Ry7oZ9ThqkDutyuKduodO92iRCkOPEVA3D3cGUEN1J",
        "$y$jBT$k2XA nEHBqQ1Ct2aMXFKNa/$Ry7oZ9ThqkDutyuKduodO92iRCkOPEVA3D3cGUEN1J1",
        "$7$FU..../....k2XAnEHBqQ1Ct2aMXFKNa/$Q5pezBy5hqudsV.XXg2wEgSGmFoMyt44hmjNjKRIhF/",
        "x$7$BU..../....k2XAnEHBqQ1Ct2aMXFKNa/$Q5pezBy5hqudsV.XXg2wEgSGmFoMyt44hmjNjKRIhF/",
    ])
    func othersAreNone(text: String) {
        #expect(PasswordHash(text) == nil)
    }
}

struct LoginLimitTests {
    @Test func triesComeBack() {
        var limits = LoginLimits()
        let (one, other) = (IPAddress(192, 0, 2, 1), IPAddress(192, 0, 2, 2))
        for _ in 0..<10 { #expect(limits.take(one, now: 1000) == nil) }
        #expect(limits.take(one, now: 1000) == 6)
        #expect(limits.take(one, now: 1004) == 2)
        #expect(limits.take(other, now: 1000) == nil, "others are none the worse for it")
        #expect(limits.take(one, now: 1006) == nil)
        #expect(limits.take(one, now: 1006) == 6)
        limits.giveBack(one)
        #expect(limits.take(one, now: 1006) == nil)
        #expect(limits.take(one, now: 900) == 6, "a clock that goes back gives nothing")
    }

    @Test func aNetworkIsOneClientAndTheTableIsBounded() throws {
        var limits = LoginLimits()
        for host in 0..<10 { #expect(limits.take(IPAddress(high: 1 << 61, low: UInt64(host)), now: 5) == nil) }
        #expect(limits.take(IPAddress(high: 1 << 61, low: 99), now: 5) != nil)
        for host in 0..<UInt32(LoginLimits.most) { _ = limits.take(IPAddress(v4: host), now: 6) }
        #expect(limits.take(IPAddress(high: 1 << 61, low: 99), now: 6) == nil, "the oldest is forgotten first")
    }
}

/// A clock that a test sets.
final class TestClock: Sendable {
    private let time = Mutex<UInt64>(1000)

    var now: UInt64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}

/// Who asks, by the headers of a request and where it comes from.
struct AccessTests {
    /// Of "correct horse"; the cheapest that is taken.
    static let cheap = PasswordHash("$y$j9T$k2XAnEHBqQ1Ct2aMXFKNa/$Ry7oZ9ThqkDutyuKduodO92iRCkOPEVA3D3cGUEN1J1")
    static let proxy = IPAddress(10, 0, 0, 1)
    static let elsewhere = IPAddress(203, 0, 113, 9)

    static var settings: AccessSettings {
        var settings = AccessSettings()
        settings.users = [
            "ada": .init(role: .admin, password: cheap), "eve": .init(role: .editor, password: cheap),
            "vic": .init(role: .viewer, password: cheap), "pat": .init(role: .editor, password: nil),
        ]
        settings.tokens = ["prometheus": .init(role: .viewer, digest: BearerToken.digest("nmt_metrics"))]
        settings.proxies.from = [Prefix(proxy, bits: 128)]
        settings.proxies.userHeader = "X-Forwarded-User"
        settings.proxies.roleHeader = "X-Forwarded-Groups"
        settings.proxies.roles = ["netops": .editor]
        return settings
    }

    static func control(
        _ settings: AccessSettings = settings,
        folder: String? = nil,
        clock: @escaping @Sendable () -> UInt64 = { 1000 }
    ) -> AccessControl {
        AccessControl(settings, folder: folder, port: 8080, clock: clock) { $0 == "local" }
    }

    static func header(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .accept }

    static func facts(
        _ headers: [String: String],
        from peer: IPAddress = elsewhere,
        _ method: HTTPRequest.Method = .get
    ) -> RequestFacts {
        var facts = RequestFacts(method: method, authority: "netmeta.example:8080", peer: peer)
        for (name, value) in headers { facts.headers[header(name)] = value }
        return facts
    }

    @Test func withoutSettingsItIsOpen() throws {
        #expect(AccessSettings().isOpen)
        #expect(try Self.control(AccessSettings()).caller(Self.facts([:]))?.proof == .open)
        var believed = AccessSettings()
        believed.proxies.from = Self.settings.proxies.from
        #expect(believed.isOpen, "a proxy that names nobody keeps nobody out")
        believed.proxies.userHeader = "X-Forwarded-User"
        #expect(!believed.isOpen)
        var named = AccessSettings()
        named.users["pat"] = .init(role: .viewer, password: nil)
        #expect(named.isOpen, "nobody could log in")
    }

    @Test func tokens() throws {
        let control = Self.control()
        let known = try #require(try control.caller(Self.facts(["authorization": "Bearer nmt_metrics"])))
        #expect(known == Caller(name: "prometheus", role: .viewer, proof: .token, address: Self.elsewhere))
        #expect(try control.caller(Self.facts(["authorization": "bearer local"]))?.role == .admin)
        #expect(try control.caller(Self.facts([:])) == nil)
        for wrong in ["Bearer nmt_metric", "Bearer \(BearerToken.digest("nmt_metrics"))", "Basic YTpi", "nmt_metrics"] {
            #expect(throws: AccessRefusal.self) { try control.caller(Self.facts(["authorization": wrong])) }
        }
    }

    @Test func onlyTrustedProxiesAreBelieved() throws {
        let control = Self.control()
        let headers = ["x-forwarded-user": "ada", "x-forwarded-groups": "admin"]
        #expect(try control.caller(Self.facts(headers, from: Self.elsewhere)) == nil)
        #expect(try control.caller(Self.facts(headers, from: IPAddress(127, 0, 0, 1))) == nil)
        #expect(try control.caller(Self.facts(headers, from: Self.proxy))?.role == .admin)
        // An address that the client itself writes down changes nothing.
        let pretended = headers.merging(["x-forwarded-for": "10.0.0.1"]) { first, _ in first }
        #expect(try control.caller(Self.facts(pretended, from: Self.elsewhere)) == nil)
        let bearer = headers.merging(["authorization": "Bearer nmt_metrics"]) { first, _ in first }
        #expect(try control.caller(Self.facts(bearer, from: Self.proxy))?.name == "prometheus")
        for wrong in ["a b", "ada,eve", "ada;eve", String(repeating: "a", count: 65)] {
            #expect(throws: AccessRefusal.self) {
                try control.caller(Self.facts(["x-forwarded-user": wrong], from: Self.proxy))
            }
        }
    }

    @Test(arguments: [
        ("zoe", "netops", Role.editor), ("zoe", "staff, netops ,VIEWER", .editor), ("zoe", "netops,admin", .admin),
        ("zoe", "", .viewer), ("pat", "", .editor), ("ada", "viewer", .viewer), ("zoe", "netops2", .viewer),
    ])
    func rolesOfProxiedUsers(name: String, groups: String, role: Role) throws {
        let headers = ["x-forwarded-user": name, "x-forwarded-groups": groups]
        #expect(try Self.control().caller(Self.facts(headers, from: Self.proxy))?.role == role)
    }

    @Test func usersWithoutARoleMayBeRefused() throws {
        var settings = Self.settings
        settings.proxies.role = nil
        let control = Self.control(settings)
        #expect(throws: AccessRefusal.self) {
            try control.caller(Self.facts(["x-forwarded-user": "zoe"], from: Self.proxy))
        }
        #expect(try control.caller(Self.facts(["x-forwarded-user": "pat"], from: Self.proxy))?.role == .editor)
    }

    @Test func clientsBehindProxiesHaveTheirOwnAddress() {
        let settings = Self.settings
        func client(_ hops: String, from peer: IPAddress = Self.proxy) -> IPAddress? {
            Self.facts(["x-forwarded-for": hops], from: peer).client(settings)
        }
        #expect(client("198.51.100.1") == IPAddress(198, 51, 100, 1))
        #expect(client("1.2.3.4, 198.51.100.1:4711") == IPAddress(198, 51, 100, 1), "what stands before is hearsay")
        #expect(client("198.51.100.1, 10.0.0.1") == IPAddress(198, 51, 100, 1))
        #expect(client("[2001:db8::1]:443") == IPAddress("2001:db8::1"))
        #expect(client("unknown") == Self.proxy)
        #expect(client("198.51.100.1", from: Self.elsewhere) == Self.elsewhere)
    }

    @Test func sessions() async throws {
        let clock = TestClock()
        let folder = FileManager.default.temporaryDirectory.appending(path: "netmeta-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let control = Self.control(folder: folder) { clock.now }
        let (caller, header) = try await control.login(user: "eve", password: "correct horse", Self.facts([:]))
        #expect(caller.role == .editor && caller.proof == .session)
        #expect(header.hasPrefix("netmeta_8080=nmt_"))
        #expect(header.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"))
        let cookie = try #require(header.split(separator: ";").first)
        let asked = Self.facts(["cookie": "other=1; \(cookie); netmeta_8081=x"])
        #expect(try control.caller(asked)?.name == "eve")

        // A restart logs nobody out, and neither memory nor file hold what the browser shows.
        let again = Self.control(folder: folder) { clock.now }
        #expect(try again.caller(asked)?.name == "eve")
        let file = try String(contentsOfFile: folder + "/sessions.json", encoding: .utf8)
        #expect(!file.contains(cookie.dropFirst("netmeta_8080=".count)))
        let rights = try FileManager.default.attributesOfItem(atPath: folder + "/sessions.json")[.posixPermissions]
        #expect(rights as? Int == 0o600)

        // What the configuration says counts at once.
        var settings = Self.settings
        settings.users["eve"]?.role = .viewer
        again.set(settings)
        #expect(try again.caller(asked)?.role == .viewer)
        settings.users["eve"]?.password = .ofNobody
        again.set(settings)
        #expect(try again.caller(asked) == nil, "a new password ends the sessions of the old one")
        settings.users["eve"] = nil
        again.set(settings)
        #expect(try again.caller(asked) == nil)

        clock.now = 1000 + 43_199
        #expect(try control.caller(asked)?.name == "eve")
        clock.now = 1000 + 43_200
        #expect(try control.caller(asked) == nil)
        clock.now = 1000
        let gone = await control.logout(asked)
        #expect(gone.hasPrefix("netmeta_8080=; ") && gone.contains("Max-Age=0"))
        #expect(try control.caller(asked) == nil)
        let forgotten = Self.control(folder: folder) { 1000 }
        #expect(try forgotten.caller(asked) == nil)
    }

    @Test func theCookieIsSecureUnderTLS() async throws {
        let control = Self.control()
        var facts = Self.facts([:])
        facts.isTLS = true
        #expect(try await control.login(user: "ada", password: "correct horse", facts).1.hasSuffix("; Secure"))
        let told = Self.facts(["x-forwarded-proto": "https"], from: Self.proxy)
        #expect(try await control.login(user: "ada", password: "correct horse", told).1.hasSuffix("; Secure"))
        let pretended = Self.facts(["x-forwarded-proto": "https"])
        #expect(try await !control.login(user: "ada", password: "correct horse", pretended).1.contains("Secure"))
    }

    @Test func wrongLoginsLookAlikeAndAreSlowedDown() async throws {
        let control = Self.control()
        var refusals: [AccessRefusal] = []
        for (user, password) in [("ada", "wrong"), ("nobody", "correct horse"), ("pat", ""), ("", "")] {
            do {
                _ = try await control.login(user: user, password: password, Self.facts([:]))
            } catch {
                refusals.append(error)
            }
        }
        #expect(refusals.count == 4 && Set(refusals.map(\.message)).count == 1)
        #expect(refusals.allSatisfy { $0.reason == .unauthorized })
        for _ in 0..<6 { _ = try? await control.login(user: "ada", password: "wrong", Self.facts([:])) }
        do {
            _ = try await control.login(user: "ada", password: "correct horse", Self.facts([:]))
            Issue.record("an eleventh try was taken")
        } catch {
            #expect(error.reason == .tooManyTries && error.retryAfter == 6)
        }
        let other = Self.facts([:], from: IPAddress(198, 51, 100, 1))
        #expect(try await control.login(user: "ada", password: "correct horse", other).0.name == "ada")
    }

    @Test func otherSitesPagesCannotBorrowASession() async throws {
        let control = Self.control()
        let (_, header) = try await control.login(user: "ada", password: "correct horse", Self.facts([:]))
        let cookie = String(try #require(header.split(separator: ";").first))
        func ask(_ headers: [String: String], _ method: HTTPRequest.Method = .post) throws -> String? {
            try control.caller(Self.facts(headers.merging(["cookie": cookie]) { first, _ in first }, method))?.name
        }
        #expect(try ask(["origin": "http://netmeta.example:8080"]) == "ada")
        #expect(try ask(["origin": "http://NetMeta.example:8080"]) == "ada")
        #expect(try ask(["sec-fetch-site": "same-origin"]) == "ada")
        #expect(try ask([:], .get) == "ada")
        for headers in [
            [:], ["origin": "http://netmeta.example:3000"], ["origin": "http://netmeta.example"], ["origin": "null"],
            ["origin": "http://evil.example"], ["sec-fetch-site": "same-site"], ["sec-fetch-site": "none"],
            ["origin": "http://evil.example", "sec-fetch-site": "same-origin"],
        ] {
            #expect(throws: AccessRefusal.self, "\(headers)") { try ask(headers) }
        }
        // The word of a proxy is as ambient as a cookie; a token is not, since no page can add it.
        #expect(throws: AccessRefusal.self) {
            try control.caller(Self.facts(["x-forwarded-user": "ada"], from: Self.proxy, .post))
        }
        let token = ["authorization": "Bearer nmt_metrics"]
        #expect(try control.caller(Self.facts(token, .post))?.name == "prometheus")
        await #expect(throws: AccessRefusal.self) {
            try await control.login(
                user: "ada",
                password: "correct horse",
                Self.facts(["origin": "http://evil.example"], .post)
            )
        }
    }

    @Test func sessionsAreBounded() {
        let book = SessionBook()
        var first = ""
        for number in 0...SessionBook.mostOfUser {
            let session = SessionBook.Session(user: "ada", password: "", began: UInt64(number), ends: 9999)
            let cookie = book.begin(session, now: 0).cookie
            if number == 0 { first = cookie }
        }
        #expect(book.session(first, now: 0) == nil)
    }
}

extension AccessTests {
    private static func facts(_ headers: [String: String], _ method: HTTPRequest.Method) -> RequestFacts {
        facts(headers, from: elsewhere, method)
    }
}
