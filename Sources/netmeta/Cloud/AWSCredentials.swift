import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Where keys of AWS come from: the configuration, the environment, the
/// file that AWS's own tools read, a role by web identity (EKS), a container's
/// role, an instance's role; the first that has some.
struct AWSCredentials: Sendable {
    private let configured: AWSKeys?
    private let environment: [String: String]
    private let region: String
    private let held = Renewed<AWSKeys>(early: Self.early)

    /// Seconds before their end that keys of a role are asked for again: AWS has others from then on.
    private static let early: UInt64 = 300
    /// How long a role's service may take: it is on this machine or not there.
    private static let patience = Duration.seconds(2)

    init(
        configured: AWSKeys?,
        region: String = "us-east-1",
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.configured = configured
        self.region = region
        self.environment = environment
    }

    /// Keys that are good for some minutes yet.
    ///
    /// - Throws: ``Failure`` that says where none were found.
    func keys() async throws -> AWSKeys {
        try await held.value {
            let keys = try await find()
            return (keys, keys.ends)
        }
    }

    /// Forgets keys that a service has refused.
    func forget(_ keys: AWSKeys) async { await held.forget(keys) }

    private func find() async throws -> AWSKeys {
        if let configured { return configured }
        if let keys = fromEnvironment ?? fromFile { return keys }
        if let keys = try await ofWebIdentity() { return keys }
        if let keys = try await ofContainer() { return keys }
        if let keys = await ofInstance() { return keys }
        throw Failure(
            "no AWS credentials: none in the configuration, in AWS_ACCESS_KEY_ID, in the profile of ~/.aws/credentials, "
                + "by AWS_WEB_IDENTITY_TOKEN_FILE, or of a container's or an instance's role"
        )
    }

    private var fromEnvironment: AWSKeys? {
        guard let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"],
            !id.isEmpty, !secret.isEmpty
        else { return nil }
        return AWSKeys(
            id: id,
            secret: secret,
            session: environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        )
    }

    private var fromFile: AWSKeys? {
        let path =
            environment["AWS_SHARED_CREDENTIALS_FILE"] ?? environment["HOME"].map { "\($0)/.aws/credentials" } ?? ""
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return Self.keys(in: text, profile: environment["AWS_PROFILE"] ?? "default")
    }

    /// The keys of a profile in the form of AWS's shared credentials file.
    static func keys(in text: String, profile: String) -> AWSKeys? {
        var values: [String: String] = [:]
        var isOurs = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("[") {
                isOurs = line.dropFirst().prefix { $0 != "]" }.trimmingCharacters(in: .whitespaces) == profile
            } else if isOurs, !line.hasPrefix("#"), let equal = line.firstIndex(of: "=") {
                let name = line[..<equal].trimmingCharacters(in: .whitespaces).lowercased()
                values[name] = line[line.index(after: equal)...].trimmingCharacters(in: .whitespaces)
            }
        }
        guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else { return nil }
        return AWSKeys(id: id, secret: secret, session: values["aws_session_token"])
    }

    // MARK: - Roles

    /// What a role's service answers.
    private struct RoleKeys: Decodable {
        var id: String
        var secret: String
        var token: String?
        var expiration: String?

        private enum CodingKeys: String, CodingKey {
            case id = "AccessKeyId"
            case secret = "SecretAccessKey"
            case token = "Token"
            case expiration = "Expiration"
        }

        var keys: AWSKeys {
            let ends = expiration.flatMap { ISO8601DateFormatter().date(from: $0)?.timeIntervalSince1970 }
            return AWSKeys(
                id: id,
                secret: secret,
                session: token,
                // One that can't be read is asked for again in a quarter of an hour.
                ends: ends.map { UInt64(max(0, $0)) } ?? UInt64(Date().timeIntervalSince1970) + 900
            )
        }
    }

    /// A role that a token of another service stands for, as pods of EKS have it (STS, AssumeRoleWithWebIdentity).
    ///
    /// - Throws: ``Failure`` when the environment names a role that can't be had: another one would be a surprise.
    private func ofWebIdentity() async throws -> AWSKeys? {
        guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"], let role = environment["AWS_ROLE_ARN"] else {
            return nil
        }
        let token = try readText(file).trimmingCharacters(in: .whitespacesAndNewlines)
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let base = environment["AWS_ENDPOINT_URL_STS"] ?? "https://sts.\(region).\(domain)"
        var request = HTTPClientRequest(url: base.hasSuffix("/") ? base : "\(base)/")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        let form = AWSSignature.query([
            (name: "Action", value: "AssumeRoleWithWebIdentity"), (name: "Version", value: "2011-06-15"),
            (name: "RoleArn", value: role), (name: "WebIdentityToken", value: token),
            (name: "RoleSessionName", value: environment["AWS_ROLE_SESSION_NAME"] ?? "netmeta"),
        ])
        request.body = .bytes(Array(form.utf8))
        let reply = try await CloudHTTP(patience: .seconds(20), most: 1 << 16).answer(to: request)
        let text = String(buffer: reply.body)
        guard reply.status == .ok, let id = XMLText.first("AccessKeyId", in: text),
            let secret = XMLText.first("SecretAccessKey", in: text)
        else {
            let reason = XMLText.first("Message", in: text) ?? "status \(reply.status.code)"
            throw Failure("AWS doesn't give the role \(role): \(reason.prefix(300))")
        }
        let (session, end) = (XMLText.first("SessionToken", in: text), XMLText.first("Expiration", in: text))
        return RoleKeys(id: id, secret: secret, token: session, expiration: end).keys
    }

    /// Amazon ECS task role.
    ///
    /// - Throws: ``Failure`` when the environment names a role that can't be had, as above.
    private func ofContainer() async throws -> AWSKeys? {
        guard let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], path.hasPrefix("/") else { return nil }
        let url = "http://169.254.170.2\(path)"
        let answer = await ask(.GET, url, [])
        guard let keys = answer.flatMap({ try? JSONDecoder().decode(RoleKeys.self, from: Data($0.utf8)) })?.keys else {
            throw Failure("the container's role has no keys at \(url): does the task have a role?")
        }
        return keys
    }

    /// Amazon EC2 instance metadata, version 2.
    private func ofInstance() async -> AWSKeys? {
        guard environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
        let base = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254"
        let life = [("x-aws-ec2-metadata-token-ttl-seconds", "300")]
        guard let token = await ask(.PUT, "\(base)/latest/api/token", life) else { return nil }
        let proof = [("x-aws-ec2-metadata-token", token)]
        let roles = "\(base)/latest/meta-data/iam/security-credentials/"
        guard let role = await ask(.GET, roles, proof)?.split(whereSeparator: \.isNewline).first,
            let answer = await ask(.GET, roles + role, proof)
        else { return nil }
        return (try? JSONDecoder().decode(RoleKeys.self, from: Data(answer.utf8)))?.keys
    }

    private func ask(_ method: HTTPMethod, _ url: String, _ headers: [(String, String)]) async -> String? {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        guard let reply = try? await CloudHTTP(patience: Self.patience, most: 1 << 16).answer(to: request),
            reply.status == .ok
        else { return nil }
        return String(buffer: reply.body)
    }
}
