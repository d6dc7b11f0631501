import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore
@testable import netmeta

/// The driver's wire at a real ClickHouse server, Debian's 18.16: too old for our schema, our settings and our formats,
/// but users, failures without a header, compression and Native blocks are as they are today.
@Suite(.enabled(if: OldServer.isInstalled, "clickhouse-server is not installed (Scripts/setup.sh test)"))
struct OldServerTests {
    @Test("users, failures, compression and blocks at a server of 18.16", .timeLimit(.minutes(2)))
    func wire() async throws {
        let server = try OldServer()
        defer { server.stop() }
        let store = try server.store(password: OldServer.password)
        defer { store.close() }
        try await server.answers(store)
        #expect(try await text(store, "SELECT version()").hasPrefix("18.16."))

        // Who it is.
        let stranger = try server.store(password: "wrong")
        defer { stranger.close() }
        #expect(await failure(stranger, "SELECT 1")?.code == 193)

        // Failures have no header with their code, and another wording.
        let unknown = await failure(store, "SELECT x FROM nowhere")
        #expect(unknown?.code == 60 && unknown?.message == "Table default.nowhere doesn't exist.")
        let late = await failure(store, "SELECT intDiv(1, number - 200000) FROM numbers(300000)")
        #expect(late?.code == 153 && late?.message == "Division by zero")
        #expect(await failure(store, "SELECT 1", setting: ("async_insert", "0"))?.code == 115)

        // Answers compressed by HTTP.
        let packed = RemoteRequest(
            parameters: [("enable_http_compression", "1")],
            headers: [("Accept-Encoding", "gzip")],
            body: Array("SELECT 1".utf8),
            seconds: 10
        )
        #expect(try await store.exchange(packed).prefix(2) == [0x1F, 0x8B])

        // Our blocks, packed with our LZ4 and summed with our CityHash: numbers, addresses and texts.
        let rows = hops(20_000)
        let batch = try #require(NativeBatch(rows))
        #expect(batch.body.count * 3 < batch.plainBytes)
        let columns = rows.table.columns.map { "\($0.name) \($0.kind.storage.nativeType)" }.joined(separator: ", ")
        _ = try await text(store, "CREATE TABLE hops (\(columns)) ENGINE = Memory")
        let insert = "INSERT INTO hops (\(batch.columns.joined(separator: ", "))) FORMAT Native"
        _ = try await store.exchange(
            RemoteRequest(parameters: [("query", insert), ("decompress", "1")], body: batch.body, seconds: 30)
        )
        let sums = try await text(
            store,
            "SELECT count(), sum(TTL), uniqExact(Addr), hex(min(Dst)), max(length(Monitor)), min(TraceId) FROM hops"
        )
        #expect(sums == "20000\t2546416\t250\t00000000000000000000FFFFC0000201\t40\t9223372036854775808\n")

        // A block that was changed on the way is refused by its sum.
        var broken = batch.body
        broken[broken.count / 2] ^= 1
        let refused = await failure(
            store,
            RemoteRequest(parameters: [("query", insert), ("decompress", "1")], body: broken, seconds: 30)
        )
        #expect([40, 271].contains(refused?.code))
    }

    private func hops(_ count: Int) -> TableRows {
        var rows = TableRows(.traceHops)
        for index in 0..<count {
            rows.append(
                .number(1 << 63),
                .number(1_800_000_000),
                .text(String(repeating: "m", count: index % 41)),
                .address(IPAddress(192, 0, 2, 1)),
                .number(UInt64(index % 256)),
                .number(1),
                .address(IPAddress(198, 51, 100, UInt8(index % 250))),
                .number(1234),
                .number(250),
                .number(11),
                .number(0),
                .number(60),
                .number(56),
                .number(1),
                .numbers([24001, 16]),
                .number(4_200_000_000)
            )
        }
        return rows
    }

    private func text(_ store: RemoteStore, _ sql: String) async throws -> String {
        let request = RemoteRequest(parameters: [], body: Array(sql.utf8), seconds: 30)
        return String(decoding: try await store.exchange(request), as: UTF8.self)
    }

    private func failure(
        _ store: RemoteStore,
        _ sql: String,
        setting: (name: String, value: String)? = nil
    ) async -> StoreError? {
        var settings = [(name: "wait_end_of_query", value: "1")]
        if let setting { settings.append(setting) }
        return await failure(store, RemoteRequest(parameters: settings, body: Array(sql.utf8), seconds: 30))
    }

    private func failure(_ store: RemoteStore, _ request: RemoteRequest) async -> StoreError? {
        do {
            _ = try await store.exchange(request)
            return nil
        } catch {
            return error as? StoreError
        }
    }
}

/// Debian's server with a folder and ports of its own.
private struct OldServer {
    static let program = "/usr/sbin/clickhouse-server"
    static let password = "it's a secret"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    private let folder: URL
    private let process = Process()
    private let port: UInt16

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "netmeta-clickhouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
        let path = folder.path
        try """
        <yandex>
          <logger><level>warning</level><log>\(path)/log</log><errorlog>\(path)/errors</errorlog></logger>
          <http_port>\(port)</http_port><tcp_port>\(try Self.freePort())</tcp_port><listen_host>127.0.0.1</listen_host>
          <path>\(path)/data/</path><tmp_path>\(path)/tmp/</tmp_path><users_config>\(path)/users.xml</users_config>
          <default_profile>default</default_profile><default_database>default</default_database>
          <mark_cache_size>10000000</mark_cache_size>
        </yandex>
        """.write(to: folder.appending(path: "config.xml"), atomically: true, encoding: .utf8)
        try """
        <yandex>
          <profiles><default/></profiles><quotas><default/></quotas>
          <users><netmeta>
            <password>\(Self.password)</password><networks><ip>::/0</ip></networks>
            <profile>default</profile><quota>default</quota>
          </netmeta></users>
        </yandex>
        """.write(to: folder.appending(path: "users.xml"), atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: Self.program)
        process.arguments = ["--config-file=\(path)/config.xml"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    func store(password: String) throws -> RemoteStore {
        let transport = try RemoteHTTP(certificates: nil, user: "netmeta", password: password)
        return RemoteStore(
            RemoteStore.Options(endpoints: ["http://127.0.0.1:\(port)"], managesSchema: false),
            transport: transport
        )
    }

    /// Waits until it does.
    func answers(_ store: RemoteStore) async throws {
        for _ in 0..<300 {
            let request = RemoteRequest(parameters: [], body: Array("SELECT 1".utf8), seconds: 5)
            if let answer = try? await store.exchange(request), answer == Array("1\n".utf8) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw StoreError(message: "the server doesn't answer")
    }

    func stop() {
        // The test program's threads block SIGTERM, and a child inherits that.
        kill(process.processIdentifier, SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw StoreError(message: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
