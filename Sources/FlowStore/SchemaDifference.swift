import FlowSchema
import Foundation

/// Something in which a store's schema differs from this version's.
public struct SchemaDifference: Sendable, Hashable {
    /// What kind of thing it is about.
    public enum Kind: String, Sendable, CaseIterable {
        case database, table, column, view, function, dictionary
    }

    /// What becomes of it.
    public enum Change: String, Sendable {
        /// It isn't there.
        case add = "+"
        /// It is there, and is made anew or changed; rows stay.
        case change = "~"
        /// A view of an older version goes; views hold no rows.
        case remove = "-"
    }

    /// What it is about.
    public let kind: Kind
    /// Its name, with its table's in front of a column's.
    public let name: String
    /// What becomes of it.
    public let change: Change
    /// Details for people; empty where there are none.
    public let detail: String

    init(_ change: Change, _ kind: Kind, _ name: String, _ detail: String = "") {
        self.kind = kind
        self.name = name
        self.change = change
        self.detail = detail
    }
}

extension SchemaDifference: CustomStringConvertible {
    /// `+ column flows_raw.SrcCity  FixedString(2)`.
    public var description: String {
        "\(change.rawValue) \(kind.rawValue) \(name)" + (detail.isEmpty ? "" : "  (\(detail))")
    }
}

/// Looking at a schema without changing anything.
extension SchemaReconciler {
    /// What ``reconcile(retentionDays:fsync:)`` would change; empty when the schema is this version's.
    ///
    /// Tables and columns that this version doesn't know are no difference: they stay.
    func differences() throws(StoreError) -> [SchemaDifference] {
        let database = ClickHouse.database
        guard try !strings("SELECT name FROM system.databases WHERE name = '\(database)'").isEmpty else {
            return [
                SchemaDifference(.add, .database, database, "with all of its tables, views, functions and dictionaries")
            ]
        }
        let tables = Set(try strings("SELECT name FROM system.tables WHERE database = '\(database)'"))
        var columns: [String: [String]] = [:]
        let rows = try strings(
            """
            SELECT concat(table, '\\t', name, ' ', type, '\\t', default_expression) FROM system.columns
            WHERE database = '\(database)' ORDER BY table, position
            """
        )
        for row in rows {
            let parts = row.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            columns[String(parts[0]), default: []].append(String(parts[1]))
        }
        return try rowTables(tables) + flowColumns(columns[ClickHouse.flowsTable] ?? [], codecs()) + rollups(tables)
            + inputs(tables, columns) + lookups(tables, columns) + functions()
    }

    private func rowTables(_ tables: Set<String>) -> [SchemaDifference] {
        [ClickHouse.flowsTable, ClickHouse.interfaceCountersTable].filter { !tables.contains($0) }
            .map { SchemaDifference(.add, .table, $0) }
    }

    /// - Parameters:
    ///   - present: `NAME TYPE\tEXPRESSION` each.
    ///   - packed: `NAME CODEC(...)` each.
    private func flowColumns(_ present: [String], _ packed: Set<String>) -> [SchemaDifference] {
        // A table that isn't there is made with all of its columns.
        guard !present.isEmpty else { return [] }
        var found: [SchemaDifference] = []
        for column in ClickHouse.columns + FlowColumn.derived {
            let name = "\(ClickHouse.flowsTable).\(column.name)"
            guard let known = present.first(where: { $0.hasPrefix("\(column.name) ") }) else {
                found.append(SchemaDifference(.add, .column, name, column.clickHouseType))
                continue
            }
            let parts = known.dropFirst(column.name.count + 1)
                .split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            if let derivation = column.derivation {
                if parts.last.map(String.init) != derivation.expression {
                    found.append(SchemaDifference(.change, .column, name, "another expression"))
                }
            } else if parts[0] != column.clickHouseType, parts[0].hasPrefix("Enum8(") {
                found.append(SchemaDifference(.change, .column, name, "more names"))
            } else if !packed.contains(Self.codec(of: column)) {
                found.append(SchemaDifference(.change, .column, name, "packed otherwise, from the next part on"))
            }
        }
        return found
    }

    private func rollups(_ tables: Set<String>) -> [SchemaDifference] {
        var found = Rollup.retiredViews.filter(tables.contains).map { SchemaDifference(.remove, .view, $0) }
        var madeAnew: Set<String> = []
        for rollup in Rollup.all where !tables.contains(rollup.view) || madeAnew.contains(rollup.source) {
            madeAnew.insert(rollup.table)
            let isThere = tables.contains(rollup.table)
            found.append(
                SchemaDifference(
                    isThere ? .change : .add,
                    .table,
                    rollup.table,
                    "summed from the rows of \(rollup.source)"
                )
            )
            found.append(SchemaDifference(tables.contains(rollup.view) ? .change : .add, .view, rollup.view))
        }
        return found
    }

    /// The ways in, which hold no rows and are made anew at each start; told only where they are others.
    private func inputs(_ tables: Set<String>, _ columns: [String: [String]]) -> [SchemaDifference] {
        ClickHouse.InputTable.allCases.flatMap { input -> [SchemaDifference] in
            let view = input.rawValue + "_view"
            let present = (columns[input.rawValue] ?? []).map { $0.prefix { $0 != "\t" } }
            let wanted = input.columns.map { "\($0.name) \($0.inputType)"[...] }
            var found: [SchemaDifference] = []
            if !tables.contains(input.rawValue) {
                found.append(SchemaDifference(.add, .table, input.rawValue))
            } else if present != wanted {
                found.append(SchemaDifference(.change, .table, input.rawValue, "other columns; it holds no rows"))
            }
            if !tables.contains(view) || !found.isEmpty {
                found.append(SchemaDifference(tables.contains(view) ? .change : .add, .view, view))
            }
            return found
        }
    }

    private func lookups(_ tables: Set<String>, _ columns: [String: [String]]) -> [SchemaDifference] {
        ClickHouse.compatibilityStatements.flatMap { statement -> [SchemaDifference] in
            guard let (isDictionary, name, names) = Self.lookup(statement) else { return [] }
            let kind: SchemaDifference.Kind = isDictionary ? .dictionary : .table
            guard tables.contains(name) else { return [SchemaDifference(.add, kind, name)] }
            let present = (columns[name] ?? []).map { $0.prefix { $0 != " " } }
            guard isDictionary, Set(present) != Set(names.map { $0[...] }) else { return [] }
            return [SchemaDifference(.change, kind, name, "other columns")]
        }
    }

    /// The name and the names of the columns of a lookup's statement.
    private static func lookup(_ statement: String) -> (isDictionary: Bool, name: String, columns: [String])? {
        let isDictionary = statement.hasPrefix("CREATE OR REPLACE DICTIONARY ")
        guard isDictionary || statement.hasPrefix("CREATE TABLE IF NOT EXISTS "),
            let start = statement.firstRange(of: "\(ClickHouse.database)."),
            let open = statement.firstIndex(of: "("),
            let end = statement.firstRange(of: isDictionary ? ") PRIMARY KEY" : ") ENGINE")
        else { return nil }
        let name = statement[start.upperBound..<open].filter { $0 != " " }
        var depth = 0
        var columns: [String] = []
        var word = ""
        for character in statement[statement.index(after: open)..<end.lowerBound] + "," {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                columns.append(String(word.split(separator: " ").first ?? "").filter { $0 != "`" })
                word = ""
            } else {
                word.append(character)
            }
        }
        return (isDictionary, name, columns)
    }

    private func functions() throws(StoreError) -> [SchemaDifference] {
        let present = try strings(
            "SELECT concat(name, '\\t', formatQuerySingleLine(create_query)) FROM system.functions "
                + "WHERE origin = 'SQLUserDefined'"
        )
        var texts: [String: String] = [:]
        for row in present {
            let parts = row.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            texts[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        var found: [SchemaDifference] = []
        for statement in ClickHouse.compatibilityStatements {
            let heads = ["CREATE OR REPLACE FUNCTION ", "CREATE FUNCTION IF NOT EXISTS "]
            guard let head = heads.first(where: statement.hasPrefix) else { continue }
            let rest = statement.dropFirst(head.count)
            let name = String(rest.prefix { $0 != " " })
            guard let text = texts[name] else {
                found.append(SchemaDifference(.add, .function, name))
                continue
            }
            // The configuration says what isIncomingFlow does, and its own is left alone.
            guard head == heads[0] else { continue }
            let wanted = try strings(
                "SELECT formatQuerySingleLine(\(ClickHouse.quoted("CREATE FUNCTION \(rest)")))"
            ).first
            if wanted != text { found.append(SchemaDifference(.change, .function, name)) }
        }
        return found
    }
}

extension EmbeddedStore {
    /// In what the schema of a data folder differs from this version's; the folder stays as it is.
    ///
    /// - Parameters:
    ///   - folder: one with an engine's files in it.
    ///   - lock: the folder's lock, which is released.
    public static func differences(
        folder: String,
        library: String,
        memory: Int,
        lock: FolderLock
    ) throws(StoreError) -> [SchemaDifference] {
        let engine = try Engine(folder: folder, library: library, memory: EngineMemory(total: memory), lock: lock)
        defer { engine.close() }
        let connection = try engine.connect(name: "netmeta-look")
        defer { connection.close() }
        return try SchemaReconciler(connection: connection, onProgress: nil).differences()
    }
}
