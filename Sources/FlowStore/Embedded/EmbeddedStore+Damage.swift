import FlowSchema
import Foundation
import Synchronization

/// A part as the engine has it, to be compared with its files.
public struct WrittenPart: Hashable, Sendable {
    /// The table's name in our database.
    public let table: String
    /// The part's name, as `system.parts` has it.
    public let name: String
    /// Rows in it.
    public let rows: Int
    let folder: String
    /// Bytes that its files should have at least.
    let bytes: Int
}

/// What is known of damage by now.
struct DamageState {
    /// Inserted parts that were found damaged and dropped.
    var dropped = 0
    /// Whether an insert failed, or a look at what it wrote did: then it may have left some.
    var isSuspected = false
    /// Merged parts that were looked at.
    var seen: Set<String> = []
    /// Tables that are detached and couldn't be attached again yet.
    var detached: Set<String> = []
}

/// Parts that are there in name only.
///
/// When a disk is full at the moment at which the files of a part are closed, the engine (26.9) confirms the insert, or
/// ends the merge, all the same: the part is active, and its files are empty. So whatever is written while there is
/// little room is looked at, by the sizes of its files:
///
/// - an insert's part is dropped, by which the engine forgets the insert's token, and the batch is offered again;
/// - a merge's sources are still on the disk for seconds. The table is loaded anew, by which the engine sets the merged
///   part aside and takes its sources back, as it would at a start.
extension EmbeddedStore {
    /// Bytes that are free on a disk that may be full before a batch is written.
    private static let scarce: UInt64 = 1 << 30

    // MARK: - Inserts

    /// To be called before a batch is written.
    ///
    /// - Returns: what ``endWriting(_:on:)`` compares with.
    /// - Throws: ``StoreError`` when the disk is nearly full, or while damage of an earlier insert can't be taken away.
    func beginWriting(rows: Int, on connection: EngineConnection) throws(StoreError) -> WriteWatch {
        let free = try checkRoom(rows: rows)
        let isSuspected = damage.withLock { $0.isSuspected }
        if isSuspected { try dropDamagedInserts(on: connection) }
        return WriteWatch(dropped: damage.withLock { $0.dropped }, isScarce: free < Self.scarce)
    }

    /// To be called when the engine has confirmed a batch.
    ///
    /// - Throws: ``StoreError`` when a part of it, or of another that was written at the same time, isn't there: with its
    ///   token the batch can be offered again, whichever it was.
    func endWriting(_ watch: WriteWatch, on connection: EngineConnection) throws(StoreError) {
        guard watch.isScarce || (freeBytes ?? .max) < Self.scarce else { return }
        try dropDamagedInserts(on: connection)
        guard damage.withLock({ $0.dropped }) == watch.dropped else {
            throw StoreError(code: StoreError.noRoom, message: "the disk was full while the batch was written")
        }
    }

    /// To be called when the engine has refused a batch: some of its parts may have been written.
    func suspectDamage() { damage.withLock { $0.isSuspected = true } }

    private func dropDamagedInserts(on connection: EngineConnection) throws(StoreError) {
        // One at a time: who finds nothing has to know that nobody else found it.
        try damage.withLock { state throws(StoreError) in
            state.isSuspected = true
            let inserted = try Self.parts(on: connection, where: Self.areInserted)
            for part in try Self.damaged(among: inserted, on: connection) {
                try connection.execute("ALTER TABLE \(part.quotedTable) DROP PART '\(part.plainName)'")
                state.dropped += 1
            }
            state.isSuspected = false
        }
    }

    // MARK: - Merges

    /// Looks at the parts that merges have made since the last look, and takes back the sources of those that are damaged.
    ///
    /// Batches wait while a table is loaded anew, and questions to it fail for that moment. What is left of a part whose
    /// sources are back is removed.
    ///
    /// - Returns: the damaged parts, and whether sources of each are back; if not, its rows are lost.
    /// - Throws: ``StoreError`` when the engine does; the next call tries again.
    public func mendMerges() async throws -> [(part: WrittenPart, isMended: Bool)] {
        try await upkeep { [self] connection throws(StoreError) in
            let merged = try Self.parts(on: connection, where: "NOT \(Self.areInserted)")
            let seen = damage.withLock { $0.seen }
            let damaged = try Self.damaged(among: merged.filter { !seen.contains($0.key) }, on: connection)
            let tables = damage.withLock { state in
                state.detached.formUnion(damaged.map(\.quotedTable))
                state.seen = Set(merged.map(\.key)).subtracting(damaged.map(\.key))
                return state.detached
            }
            if !tables.isEmpty { try reload(tables, on: connection) }
            var outcome: [(part: WrittenPart, isMended: Bool)] = []
            for part in damaged { outcome.append((part, try Self.removeIfMended(part, on: connection))) }
            return outcome
        }
    }

    private func reload(_ tables: Set<String>, on connection: EngineConnection) throws(StoreError) {
        let held = inserts.takeAll()
        defer { for connection in held { inserts.give(connection) } }
        for table in tables {
            try connection.execute("DETACH TABLE IF EXISTS \(table)")
            // Questions that still read it have to end first.
            try Self.insisting { () throws(StoreError) in try connection.execute("ATTACH TABLE \(table)") }
            damage.withLock { _ = $0.detached.remove(table) }
        }
    }

    /// Removes what the engine has set aside of a part, if parts of the same blocks are there.
    private static func removeIfMended(
        _ part: WrittenPart,
        on connection: EngineConnection
    ) throws(StoreError) -> Bool {
        // Partition, first block, last block, and how often it was merged.
        let words = part.plainName.split(separator: "_")
        guard words.count >= 4, let first = UInt64(words[1]), let last = UInt64(words[2]) else { return false }
        let blocks = "min_block_number >= \(first) AND max_block_number <= \(last)"
        let sources = try parts(
            on: connection,
            where: "table = '\(part.plainTable)' AND partition_id = '\(words[0])' AND \(blocks)"
        )
        guard !sources.isEmpty else { return false }
        // Where that fails it stays, and is told at each start.
        try? connection.execute(
            """
            ALTER TABLE \(part.quotedTable) DROP DETACHED PART 'broken-on-start_\(part.plainName)'
            SETTINGS allow_drop_detached = 1
            """
        )
        return true
    }

    private static func insisting(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        for _ in 0..<50 {
            do throws(StoreError) { return try body() } catch { usleep(100_000) }
        }
        try body()
    }

    // MARK: - Parts

    /// Parts as inserts made them: sums are made within an insert already, for which the engine counts one level.
    private static let areInserted =
        "(level = 0 OR (level = 1 AND min_block_number = max_block_number AND engine = 'SummingMergeTree'))"

    /// Those of which bytes are missing. One whose files go because a merge or retention took it in meanwhile isn't active
    /// any more.
    private static func damaged(
        among parts: [WrittenPart],
        on connection: EngineConnection
    ) throws(StoreError) -> [WrittenPart] {
        let damaged = parts.filter(\.isDamaged)
        guard !damaged.isEmpty else { return [] }
        let active = Set(try Self.parts(on: connection, where: "1").map(\.key))
        return damaged.filter { active.contains($0.key) }
    }

    private static func parts(
        on connection: EngineConnection,
        where condition: String
    ) throws(StoreError) -> [WrittenPart] {
        let rows = try connection.query(
            """
            SELECT table, name, path, toUInt64(rows) AS count, toUInt64(bytes_on_disk) AS bytes
            FROM system.parts WHERE database = '\(ClickHouse.database)' AND active AND rows > 0 AND \(condition)
            """,
            limit: 1_000_000
        )
        func text(_ name: String, _ row: Int) -> String {
            guard case .string(let text)? = rows[name]?.values[row] else { return "" }
            return text
        }
        func number(_ name: String, _ row: Int) -> Int { Int(rows[name]?.values[row].unsigned ?? 0) }
        return (0..<rows.rowCount).map { row in
            WrittenPart(
                table: text("table", row),
                name: text("name", row),
                rows: number("count", row),
                folder: text("path", row),
                bytes: number("bytes", row)
            )
        }
    }
}

/// What was so before a batch was written.
struct WriteWatch {
    fileprivate let dropped: Int
    fileprivate let isScarce: Bool
}

extension WrittenPart {
    /// Whether bytes are missing. What can't be read isn't called damaged: it may just have been merged.
    fileprivate var isDamaged: Bool {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard !files.isEmpty else { return false }
        var sum = 0
        for file in files {
            var status = stat()
            guard lstat(folder + "/" + file, &status) == 0 else { return false }
            sum += Int(status.st_size)
        }
        return sum < bytes
    }

    fileprivate var key: String { table + "/" + name }

    /// The engine's own names, which have no other characters.
    fileprivate var plainName: String { name.filter { $0.isLetter || $0.isNumber || "_-".contains($0) } }

    fileprivate var plainTable: String { table.filter { $0.isLetter || $0.isNumber || $0 == "_" } }

    fileprivate var quotedTable: String { "\(ClickHouse.database).`\(plainTable)`" }
}
