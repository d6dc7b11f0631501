import Foundation
import HTTPTypes
public import Logging
import NetTypes
import Synchronization
import Telemetry

/// Who asks, and whether they may.
///
/// Without users, tokens and proxies in its settings it is open: everybody may do everything, which is for a server
/// that only its own machine can reach.
public final class AccessControl: Sendable {
    private let state: Mutex<AccessSettings>
    private let sessions: SessionBook
    let limits = Mutex(LoginLimits())
    let checks = PasswordChecks()
    let passwords = KnownPasswords()
    private let isLocal: @Sendable (String) -> Bool
    private let logger: Logger?
    let clock: @Sendable () -> UInt64
    let audit: AuditLog
    /// Browsers give a cookie to every port of a host, so that each server needs a name of its own.
    let cookieName: String

    /// Lets everybody do everything.
    public init() {
        state = Mutex(AccessSettings())
        sessions = SessionBook()
        isLocal = { _ in false }
        logger = nil
        clock = UnixClock.now
        audit = AuditLog(path: nil, logger: nil)
        cookieName = "netmeta"
    }

    /// - Parameters:
    ///   - folder: where sessions and the audit log are kept; nil keeps them in memory only.
    ///   - port: of the server.
    ///   - isLocal: whether that is the token of the server's own user.
    public init(
        _ settings: AccessSettings,
        folder: String?,
        port: UInt16,
        logger: Logger? = nil,
        clock: @escaping @Sendable () -> UInt64 = UnixClock.now,
        isLocal: @escaping @Sendable (String) -> Bool = { _ in false }
    ) {
        state = Mutex(settings)
        do {
            sessions = try SessionBook(path: folder.map { $0 + "/sessions.json" }, now: clock())
        } catch {
            logger?.warning("people have to log in again", metadata: ["reason": "\(error)"])
            sessions = SessionBook()
        }
        self.isLocal = isLocal
        self.logger = logger
        self.clock = clock
        audit = AuditLog(path: folder.map { $0 + "/audit.ndjson" }, logger: logger)
        cookieName = "netmeta_\(port)"
    }

    /// Puts new settings into force, for sessions that have begun, too.
    public func set(_ settings: AccessSettings) {
        let isNew = state.withLock { state in
            defer { state = settings }
            return state != settings
        }
        guard isNew else { return }
        audit.note(.settings, by: nil, from: nil, "users, tokens or proxies are new in the configuration", now: clock())
    }

    /// What is in force.
    var settings: AccessSettings { state.withLock { $0 } }

    /// Whether nobody has to say who they are.
    var isOpen: Bool { settings.isOpen }

    /// Waits until what was noted is in its file.
    public func flush() { audit.flush() }
}

// MARK: - Who asks

extension AccessControl {
    /// Who makes a request; nil when that isn't known.
    ///
    /// - Throws: ``AccessRefusal`` when it shows a proof that isn't one, or another site's page may have made it.
    func caller(_ facts: RequestFacts) throws(AccessRefusal) -> Caller? {
        let settings = settings
        let address = facts.client(settings)
        guard !settings.isOpen else {
            var caller = Caller.anybody
            caller.address = address
            return caller
        }
        var found = try byToken(facts, settings)
        if found == nil { found = try byProxy(facts, settings) }
        if found == nil { found = bySession(facts, settings) }
        found?.address = address
        if let found, found.isAmbient, !facts.isSafe, facts.isFromOurPage != true {
            throw AccessRefusal(
                reason: .crossSite,
                message: """
                    what changes something has to come from the console itself: its Origin has to be the place that \
                    Host names (behind a proxy: pass Host on); programs use a token
                    """
            )
        }
        return found
    }

    /// Who makes a request that needs a role.
    ///
    /// - Throws: ``AccessRefusal`` when they aren't known, or may not.
    func caller(_ facts: RequestFacts, needing role: Role) throws(AccessRefusal) -> Caller {
        guard let caller = try caller(facts) else {
            throw AccessRefusal(
                reason: .unauthorized,
                message: "log in at /login.html, or send the header Authorization: Bearer TOKEN; see Docs/auth.md"
            )
        }
        guard caller.role >= role else {
            throw AccessRefusal(
                reason: .forbidden,
                message: """
                    this needs the role \(role.rawValue), and \(caller.name) has \(caller.role.rawValue); an \
                    administrator gives roles in the section auth of the configuration
                    """
            )
        }
        return caller
    }

    private func byToken(_ facts: RequestFacts, _ settings: AccessSettings) throws(AccessRefusal) -> Caller? {
        guard facts.showsProof else { return nil }
        if let token = facts.bearer {
            if isLocal(token) { return Caller(name: "local", role: .admin, proof: .local) }
            let digest = BearerToken.digest(token)
            if let (name, known) = settings.tokens.first(where: { $0.value.digest == digest }) {
                return Caller(name: name, role: known.role, proof: .token)
            }
        }
        throw AccessRefusal(
            reason: .unauthorized,
            message: "no such token: Authorization has to be Bearer and one whose hash stands in auth.tokens"
        )
    }

    private func byProxy(_ facts: RequestFacts, _ settings: AccessSettings) throws(AccessRefusal) -> Caller? {
        guard settings.trusts(facts.peer), let name = settings.proxies.userHeader.flatMap({ HTTPField.Name($0) }),
            let user = facts.headers[name], !user.isEmpty
        else { return nil }
        guard Caller.isName(user) else {
            throw AccessRefusal(
                reason: .unauthorized,
                message: "the proxy's \(name) holds no name: 1 to 64 letters, digits and . _ - @ +"
            )
        }
        let header = settings.proxies.roleHeader.flatMap { HTTPField.Name($0) }.flatMap { facts.headers[$0] }
        guard let role = settings.role(ofProxied: user, header: header) else {
            throw AccessRefusal(
                reason: .forbidden,
                message: "\(user) has no role: auth.users, auth.proxies.roles and auth.proxies.role give roles"
            )
        }
        return Caller(name: user, role: role, proof: .proxy)
    }

    private func bySession(_ facts: RequestFacts, _ settings: AccessSettings) -> Caller? {
        guard let session = session(facts) else { return nil }
        // What the configuration says now counts: roles change at once, and who is gone is out.
        guard let user = settings.users[session.user], let password = user.password,
            session.password == BearerToken.digest(password.text)
        else { return nil }
        return Caller(name: session.user, role: user.role, proof: .session)
    }

    /// The session of a request's cookie.
    func session(_ facts: RequestFacts) -> SessionBook.Session? {
        cookie(facts).flatMap { sessions.session($0, now: clock()) }
    }

    private func cookie(_ facts: RequestFacts) -> String? {
        for pair in facts.headers[values: .cookie].flatMap({ $0.split(separator: ";") }) {
            let halves = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if halves.count == 2, halves[0] == cookieName { return String(halves[1]) }
        }
        return nil
    }
}

// MARK: - Sessions

extension AccessControl {
    /// Begins a session.
    ///
    /// - Returns: who it is, and the header that makes the browser keep it.
    /// - Throws: ``AccessRefusal``: the same for a wrong name as for a wrong password, after the same time.
    func login(user: String, password: String, _ facts: RequestFacts) async throws(AccessRefusal) -> (Caller, String) {
        let settings = settings
        let address = facts.client(settings)
        // A program that is no browser may; a page of another site may not log anybody in.
        guard facts.isFromOurPage != false else {
            throw AccessRefusal(reason: .crossSite, message: "pages of other sites may not log anybody in")
        }
        if let wait = limits.withLock({ $0.take(address, now: clock()) }) {
            throw AccessRefusal(
                reason: .tooManyTries,
                message: "too many logins from this address; try again in \(wait) seconds",
                retryAfter: wait
            )
        }
        let known = settings.users[user]
        guard let isRight = await checks.matches(password, known?.password ?? .ofNobody) else {
            throw AccessRefusal(
                reason: .tooManyTries,
                message: "too many logins at this moment; try again in a few seconds",
                retryAfter: 5
            )
        }
        guard isRight, let known, let hash = known.password else {
            throw AccessRefusal(reason: .unauthorized, message: "this user and this password don't belong together")
        }
        limits.withLock { $0.giveBack(address) }
        let now = clock()
        let session = SessionBook.Session(
            user: user,
            password: BearerToken.digest(hash.text),
            began: now,
            ends: now + settings.sessionSeconds
        )
        let (cookie, problem) = await blocking { [sessions] in sessions.begin(session, now: now) }
        tell(problem)
        let caller = Caller(name: user, role: known.role, proof: .session, address: address)
        return (caller, header(cookie, seconds: settings.sessionSeconds, facts.isSecure(settings)))
    }

    /// Ends the session of a request, if it has one.
    ///
    /// - Returns: the header that makes the browser forget it.
    func logout(_ facts: RequestFacts) async -> String {
        if let cookie = cookie(facts) {
            tell(await blocking { [sessions] in sessions.end(cookie) })
        }
        return header("", seconds: 0, facts.isSecure(settings))
    }

    private func header(_ value: String, seconds: UInt64, _ isSecure: Bool) -> String {
        "\(cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    private func tell(_ problem: PrivateFileError?) {
        guard let problem else { return }
        logger?.warning("sessions end with the server", metadata: ["reason": "\(problem)"])
    }

    /// Files are written beside the cooperative pool.
    private func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .userInitiated).async { continuation.resume(returning: body()) }
        }
    }
}

// MARK: - What was done

extension AccessControl {
    /// Notes what a caller did. Where nobody has to say who they are, only changes are noted.
    func note(_ kind: AuditEvent.Kind, by caller: Caller, _ detail: String) {
        audit.note(kind, by: caller, from: caller.address, detail, now: clock())
    }

    /// Notes that a request was refused.
    func note(_ refusal: AccessRefusal, as kind: AuditEvent.Kind = .refused, _ facts: RequestFacts, _ detail: String) {
        guard !isOpen else { return }
        audit.note(kind, by: nil, from: facts.client(settings), "\(refusal.reason.rawValue) \(detail)", now: clock())
    }

    /// What people did, for `/metrics`.
    var metrics: MetricFamily {
        let counts = audit.counts
        return MetricFamily(
            "netmeta_audit_events_total",
            .counter,
            help: "What people did and tried to do, by kind; of refusals also those without a line in the audit log.",
            samples: AuditEvent.Kind.allCases.map { kind in
                .init(labels: [.init("kind", kind.rawValue)], value: Double(counts[kind] ?? 0))
            }
        )
    }
}
