import FlowSchema
import Foundation
import Testing

@testable import FlowStore

/// Stores as every version of the schema made them, brought to this version on the real engine.
///
/// Tests/Fixtures/schema has the statements of each, as the program of its time printed them (README.md there).
extension EmbeddedStoreTests {
    @Test("the schema of every version is brought to this one's; rows stay, and the second time nothing differs")
    func history() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        let recorded = try SchemaRecording.all()
        #expect(recorded.count >= 18, "recordings of Tests/Fixtures/schema are missing")
        // Every third and the newest, to save time; all with NETMETA_SCHEMA_STATES=all.
        let isAll = ProcessInfo.processInfo.environment["NETMETA_SCHEMA_STATES"] == "all"
        let states = recorded.enumerated().filter {
            isAll || $0.offset.isMultiple(of: 3) || $0.offset == recorded.count - 1
        }
        .map(\.element)
        for state in states {
            let functions = try await texts(store, "SELECT name FROM system.functions WHERE origin = 'SQLUserDefined'")
            try await store.apply(["DROP DATABASE netmeta SYNC"] + functions.map { "DROP FUNCTION \($0)" })
            try await store.apply(state.statements)
            try await store.apply([Self.rows])
            let before = try await rowTables(store)
            #expect(before.contains("flows_raw 500"), "\(state.name): \(before)")

            let found = try await found(store)
            #expect(!found.isEmpty || state.name == states.last?.name, "\(state.name) has no difference")
            try await reconcile(store)
            #expect(try await self.found(store).isEmpty, "\(state.name): something differs still")
            let flows = try await texts(store, "SELECT create_table_query FROM system.tables WHERE name = 'flows_raw'")
            for setting in ClickHouse.packing {
                #expect(
                    flows.first?.contains("\(setting),") == true || flows.first?.hasSuffix(setting) == true,
                    "\(state.name)"
                )
            }

            // What had rows has them, but for what is summed up anew from them.
            let after = Set(try await rowTables(store))
            let anew = Set(found.filter { $0.kind == .table && $0.change == .change }.map(\.name))
            for table in before where !anew.contains(String(table.prefix { $0 != " " })) {
                #expect(after.contains(table), "\(state.name): \(table) is not there any more")
            }
            try await checkSums(store, state.name)
            guard [states.first?.name, states.last?.name].contains(state.name) else { continue }
            let made = try await definitions(store)
            try await reconcile(store)
            #expect(try await definitions(store) == made, "\(state.name): the second time changed something")
        }
    }

    /// Every rollup has its columns and counts each row once, and the ways in lead where they should.
    private func checkSums(_ store: EmbeddedStore, _ state: String) async throws {
        let batch = FlowBatch(capacity: 100)
        batch.fill(.timeReceived, batch.reserve(100), with: UInt32(clamping: Int(Date().timeIntervalSince1970)))
        batch.seal()
        try store.append(batch, token: state)
        #expect(try await texts(store, "SELECT toString(count()) FROM netmeta.flows_raw") == ["600"], "\(state)")
        for rollup in Rollup.all {
            let sum = try await texts(store, "SELECT toString(sum(Flows)) FROM netmeta.\(rollup.table)")
            #expect(sum == ["600"], "\(state): \(rollup.table)")
            let columns = try await texts(
                store,
                "SELECT name FROM system.columns WHERE database = 'netmeta' AND table = '\(rollup.table)' ORDER BY position"
            )
            let wanted = ["TimeReceived"] + rollup.dimensions.map(\.name) + RollupSum.allCases.map(\.rawValue)
            #expect(columns == wanted, "\(state): \(rollup.table)")
        }
    }

    /// Five hundred rows of the last hours, with the columns that there have always been.
    private static let rows = """
        INSERT INTO netmeta.flows_raw (TimeReceived, SamplerAddress, SrcAddr, Bytes, Packets, SamplingRate, InIf, Proto)
        SELECT toUnixTimestamp(now()) - number * 20, toIPv6('192.0.2.1'), toIPv6('198.51.100.7'), number, 1, 100, 7, 6
        FROM numbers(500)
        """

    /// `NAME ROWS` of each table that has rows.
    private func rowTables(_ store: EmbeddedStore) async throws -> [String] {
        try await texts(
            store,
            "SELECT concat(table, ' ', toString(sum(rows))) FROM system.parts WHERE database = 'netmeta' AND active "
                + "GROUP BY table HAVING sum(rows) > 0 ORDER BY table"
        )
    }

    private func definitions(_ store: EmbeddedStore) async throws -> [String] {
        try await texts(
            store,
            "SELECT create_table_query FROM system.tables WHERE database = 'netmeta' ORDER BY name"
        )
    }

    private func reconcile(_ store: EmbeddedStore) async throws {
        try await store.upkeep { connection throws(StoreError) in
            try SchemaReconciler(connection: connection, onProgress: nil).reconcile(retentionDays: nil)
        }
    }

    private func found(_ store: EmbeddedStore) async throws -> [SchemaDifference] {
        try await store.upkeep { connection throws(StoreError) in
            try SchemaReconciler(connection: connection, onProgress: nil).differences()
        }
    }

    private func texts(_ store: EmbeddedStore, _ sql: String) async throws -> [String] {
        try await store.upkeep { connection throws(StoreError) in
            try SchemaReconciler(connection: connection, onProgress: nil).strings(sql)
        }
    }
}

/// What a version's `netmeta schema --as sql` printed.
struct SchemaRecording {
    let name: String
    let statements: [String]

    /// The recordings of one server's schema, the oldest first.
    static func all() throws -> [SchemaRecording] { try read { !$0.hasPrefix("cluster") } }

    /// Those of a cluster's, sharded and replicated, with a topic.
    static func clusters() throws -> [SchemaRecording] { try read { $0.hasPrefix("cluster") } }

    private static func read(_ isWanted: (String) -> Bool) throws -> [SchemaRecording] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/schema")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try files.filter { $0.hasSuffix(".sql") && isWanted($0) }.map { file in
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            return SchemaRecording(
                name: file,
                statements: text.components(separatedBy: "\n;\n").filter { !$0.isEmpty }
            )
        }
    }
}
