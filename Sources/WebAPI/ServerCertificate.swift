public import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate that the server shows, from two files that may be renewed while it runs.
public final class ServerCertificate: Sendable {
    /// The file with the certificate and those that it was issued by, in PEM.
    public let certificate: String
    /// The file with the key of it, in PEM.
    public let key: String
    private let loaded: Mutex<Loaded>

    private struct Loaded {
        var context: NIOSSLContext
        var ends: Date
        var files: [Data]
    }

    /// Reads the files.
    ///
    /// - Throws: ``CertificateProblem``, which names the file and what to do.
    public init(certificate: String, key: String) throws(CertificateProblem) {
        self.certificate = certificate
        self.key = key
        loaded = Mutex(try Self.load(certificate, key))
    }

    /// When the certificate ends.
    public var ends: Date { loaded.withLock { $0.ends } }

    /// Reads the files again; connections that are made from now on see what is in them.
    ///
    /// - Returns: whether something was new.
    /// - Throws: ``CertificateProblem``; the old certificate stays in force.
    public func renew() throws(CertificateProblem) -> Bool {
        let new = try Self.load(certificate, key)
        return loaded.withLock { loaded in
            let isNew = loaded.files != new.files
            loaded = new
            return isNew
        }
    }

    var context: NIOSSLContext { loaded.withLock { $0.context } }

    private static func load(_ certificate: String, _ key: String) throws(CertificateProblem) -> Loaded {
        let files = [try read(certificate, "console.tlsCertificate"), try read(key, "console.tlsKey")]
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(Array(files[0])), let first = chain.first else {
            throw CertificateProblem(
                "console.tlsCertificate: \(certificate) holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"
            )
        }
        guard let secret = try? NIOSSLPrivateKey(bytes: Array(files[1]), format: .pem) else {
            throw CertificateProblem(
                "console.tlsKey: \(key) holds no key in PEM (-----BEGIN PRIVATE KEY-----), or one with a password; "
                    + "openssl pkey -in FILE -out FILE writes it without"
            )
        }
        var settings = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(secret)
        )
        // Older versions are deprecated (RFC 8996).
        settings.minimumTLSVersion = .tlsv12
        do {
            return Loaded(
                context: try NIOSSLContext(configuration: settings),
                ends: Date(timeIntervalSince1970: TimeInterval(first.notValidAfter)),
                files: files
            )
        } catch {
            throw CertificateProblem(
                "console.tlsKey: \(key) is not the key of the first certificate in \(certificate); the server's own "
                    + "certificate has to stand first there"
            )
        }
    }

    private static func read(_ path: String, _ setting: String) throws(CertificateProblem) -> Data {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { close(descriptor) }
        guard descriptor >= 0, let data = FileManager.default.contents(atPath: path) else {
            throw CertificateProblem(
                "\(setting): cannot read \(path): \(reason); the user that the server runs as has to be able to"
            )
        }
        return data
    }
}

/// What is wrong with a certificate or its key, in words for the operator.
public struct CertificateProblem: Error, CustomStringConvertible, Sendable {
    /// The file, what is wrong, and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A connection that is encrypted with the certificate of the moment in which it is made.
///
/// HummingbirdTLS has the same with one certificate for good.
struct TLSConnection: HTTPChannelHandler {
    let base: HTTP1Channel
    let certificate: ServerCertificate

    var responder: Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate.context))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1, encrypted when there is a certificate.
    static func http1(_ configuration: HTTP1Channel.Configuration, certificate: ServerCertificate?) -> HTTPServerBuilder
    {
        guard let certificate else { return .http1(configuration: configuration) }
        return HTTPServerBuilder { responder in
            TLSConnection(
                base: HTTP1Channel(responder: responder, configuration: configuration),
                certificate: certificate
            )
        }
    }
}
