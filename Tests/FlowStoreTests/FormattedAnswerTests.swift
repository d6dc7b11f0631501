import FlowQuery
import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// Answers in the engine's formats, through a pipe.
extension EmbeddedStoreTests {
    @Test("people's SELECTs come as bytes of every kind, piece by piece, and end with the engine's words")
    func formattedAnswers() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }

        // Formats and compression are the engine's.
        #expect(
            try await text(store, "SELECT 1 AS a, toIPv6('2001:db8::1') AS b", "JSONEachRow")
                == "{\"a\":1,\"b\":\"2001:db8::1\"}\n"
        )
        #expect(try await text(store, "SELECT 1 AS a, 'x' AS b", "CSVWithNames") == "\"a\",\"b\"\n1,\"x\"\n")
        let native = try await bytes(store, query("SELECT toUInt8(7) AS a", "Native"))
        #expect(native == [1, 1, 1] + Array("a".utf8) + [5] + Array("UInt8".utf8) + [7])
        var zipped = query("SELECT 1", "TSV")
        zipped.compression = .gzip
        #expect(try await bytes(store, zipped).prefix(2) == [0x1F, 0x8B])

        // Parameters are bound, not pasted: whatever the text, it stays one value.
        var bound = query("SELECT {x:String} AS x, {n:UInt32} + 1 AS n, {t:Identifier} AS z", "TSV")
        bound.parameters = ["x": "it's ' OR 1 --", "n": "41", "t": "x"]
        #expect(try await text(store, bound) == "it\\'s \\' OR 1 --\t42\tit\\'s \\' OR 1 --\n")
        // They are gone with their statement.
        #expect(await failure(store, query("SELECT {x:String}", "TSV"))?.code == 456)
        // A table by parameter is a table, to the gate as well.
        var named = query("SELECT count() FROM {t:Identifier}", "TSV")
        named.parameters = ["t": "system.processes"]
        #expect(await refusal(store, named)?.contains("system.processes") == true)

        // Settings change how an answer is written, for this one statement.
        var quoted = query("SELECT toUInt64(5) AS n", "JSONEachRow")
        quoted.settings = ["output_format_json_quote_64bit_integers": "1"]
        #expect(try await text(store, quoted) == "{\"n\":\"5\"}\n")
        #expect(try await text(store, "SELECT toUInt64(5) AS n", "JSONEachRow") == "{\"n\":5}\n")

        // Columns of one name are told apart; the engine writes no file with two of them.
        #expect(
            try await text(store, "SELECT 1, number AS `a``b`, 1, number AS `a``b` FROM numbers(1)", "JSONEachRow")
                == "{\"1\":1,\"a`b\":0,\"1_2\":1,\"a`b_2\":0}\n"
        )
        // Much more than fits into the pipe, in order, with all of it counted.
        let many = try await store.formatted(
            query("SELECT number FROM numbers(300000) ORDER BY number DESC", "RowBinary")
        )
        var count = 0
        var first: [UInt8] = []
        while let piece = try await many.next() {
            if count == 0 { first = Array(piece.prefix(8)) }
            count += piece.count
        }
        #expect(count == 8 * 300_000 && many.rows == 300_000)
        #expect(first == (0..<8).map { UInt8(truncatingIfNeeded: 299_999 >> (8 * $0)) })

        // What fails at once is told before there is an answer; what fails later behind the beginning of one.
        #expect(await failure(store, query("SELECT x FROM nowhere", "TSV"))?.code == 60)
        let late = try await store.formatted(
            query("SELECT number, toUInt8(intDiv(1, toInt64(number) - 900000)) FROM numbers(1000000)", "TSV")
        )
        var given = 0
        let error = await #expect(throws: StoreError.self) {
            while let piece = try await late.next() { given += piece.count }
        }
        #expect(error?.code == 153 && given > 0)

        // Time is bounded, and a reader that goes away ends the statement and nothing else.
        var slow = query("SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))", "TSV")
        slow.limits.seconds = 1
        #expect(await failure(store, slow)?.code == 159)
        for _ in 0..<3 {
            let endless = try await store.formatted(query("SELECT number FROM numbers(1000000000000)", "RowBinary"))
            #expect(try await endless.next()?.isEmpty == false)
            endless.cancel()
        }
        let task = Task {
            try await store.formatted(query("SELECT sum(sipHash64(number)) FROM numbers(1000000000000)", "TSV")).next()
        }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        #expect(try await text(store, "SELECT 2", "TSV") == "2\n")
        _ = await task.result
        try await checkTotals(store)
        await checkRefusals(store)
    }

    /// WITH TOTALS where ClickHouse writes them, nothing where it doesn't, and a refusal for what would be wrong.
    private func checkTotals(_ store: EmbeddedStore) async throws {
        let sql = "SELECT number % 2 AS k, count() AS n FROM numbers(4) GROUP BY k WITH TOTALS ORDER BY k DESC LIMIT 1"
        #expect(try await text(store, sql, "TSV") == "1\t2\n\n0\t4\n")
        #expect(try await text(store, sql, "CSVWithNamesAndTypes") == "\"k\",\"n\"\n\"UInt8\",\"UInt64\"\n1,2\n\n0,4\n")
        #expect(try await text(store, sql, "JSONEachRow") == "{\"k\":1,\"n\":2}\n")
        let list = "\t\"data\":\n\t[\n\t\t[1, 2]\n\t],\n\n\t\"totals\": [0, 4],\n\n\t\"rows\": 1"
        #expect(try await text(store, sql, "JSONCompact").contains(list))
        let object = "\n\t],\n\n\t\"totals\":\n\t{\n\t\t\"k\": 0,\n\t\t\"n\": 4\n\t},\n\n\t\"rows\": 1"
        #expect(try await text(store, sql, "JSON").contains(object))
        let pretty = try await text(store, sql, "PrettyCompactNoEscapes")
        #expect(pretty.contains("│ 1 │ 2 │") && pretty.contains("\nTotals:\n") && pretty.contains("│ 0 │ 4 │\n└"))
        // Longer than a piece, with what looks like the place of totals in it; keys by number, of Nullable, with a value.
        var long = query(
            "SELECT toNullable(number) AS a, concat('\\n\\t],\\n\\n\\t\"rows\":', toString(number % 1)) AS s, max(number) "
                + "FROM numbers(40000) WHERE number >= {n:UInt32} GROUP BY 1, s WITH TOTALS",
            "JSONCompact"
        )
        long.parameters = ["n": "0"]
        let whole = String(decoding: try await bytes(store, long), as: UTF8.self)
        #expect(whole.utf8.count > 1_000_000 && whole.contains("\"totals\": [null, \"\", 39999],\n\n\t\"rows\": 40000"))
        #expect(
            try await text(store, "SELECT number AS k, sum(k) FROM numbers(0) GROUP BY k WITH TOTALS", "TSV")
                == "\n0\t0\n"
        )
        let inner = "(SELECT number % 2 AS k, count() AS n FROM numbers(4) GROUP BY k WITH TOTALS)"
        for refused in [
            "SELECT number AS k, count() AS n FROM numbers(4) GROUP BY k WITH TOTALS HAVING k > 1",
            "SELECT number AS k, count() AS n FROM numbers(4) GROUP BY ALL WITH TOTALS",
            "SELECT number AS k, count() AS n FROM numbers(4) GROUP BY k WITH ROLLUP WITH TOTALS",
            "SELECT number AS k, sum(count()) OVER () FROM numbers(4) GROUP BY k WITH TOTALS",
            // Totals of inner SELECTs, where the engine itself writes some for the answer.
            "SELECT k, n + 1 FROM \(inner) WHERE k = 1",
            "SELECT DISTINCT k FROM \(inner)",
            "SELECT k, sum(n) OVER () FROM \(inner)",
            "SELECT (SELECT sum(number) FROM numbers(2)), k FROM \(inner)",
            "SELECT k FROM (SELECT k FROM \(inner) ORDER BY k)",
            "SELECT * FROM numbers(2) AS a JOIN \(inner) AS b ON a.number = b.k",
            "WITH t AS \(inner) SELECT * FROM t LIMIT 1",
            "SELECT k, n FROM \(inner) UNION ALL SELECT number, 7 FROM numbers(1)",
        ] {
            let error = await failure(store, query(refused, "TSV"))
            #expect(error?.code == 48, "\(refused): \(error?.message ?? "ran")")
        }
        // And where it writes none, since they are summed up or only looked up in, or the format has no place for any.
        for (sql, answer) in [
            "SELECT sum(n) + 1 FROM \(inner)": "5\n",
            "SELECT k, sum(n) FROM \(inner) GROUP BY k ORDER BY k": "0\t2\n1\t2\n",
            "SELECT k, n FROM (SELECT k, sum(n) AS n FROM \(inner) GROUP BY k) ORDER BY k": "0\t2\n1\t2\n",
            "SELECT number FROM numbers(3) WHERE number IN (SELECT k FROM \(inner))": "0\n1\n",
            "SELECT (SELECT count() FROM numbers(3) GROUP BY number % 1 WITH TOTALS)": "3\n",
            "SELECT k, sum(n) AS s FROM \(inner) GROUP BY k WITH TOTALS ORDER BY k": "0\t2\n1\t2\n\n0\t4\n",
        ] { #expect(try await text(store, sql, "TSV") == answer, "\(sql)") }
        #expect(try await text(store, "SELECT k FROM \(inner) ORDER BY k", "JSONEachRow") == "{\"k\":0}\n{\"k\":1}\n")
        let arrow = await #expect(throws: StoreError.self) {
            try await store.query("SELECT k FROM \(inner)", limits: QueryLimits())
        }
        #expect(arrow?.code == 48)
        let rows = await #expect(throws: StoreError.self) { try await store.query(sql, limits: QueryLimits()) }
        #expect(rows?.code == 48 && rows?.message.contains("SQL endpoint") == true)
        #expect(await failure(store, query(sql, "Vertical"))?.message.contains("Vertical") == true)
        #expect(try await text(store, "SELECT 'with totals'", "TSV") == "with totals\n")
    }

    /// What reaches files, networks and other databases is refused, in whatever clause it hides.
    private func checkRefusals(_ store: EmbeddedStore) async {
        for sql in Self.tries {
            let text = await refusal(store, query(sql, "TSV"))
            #expect(text != nil, "ran: \(sql)")
        }
        for condition in Self.conditionTries {
            var query = query("SELECT count() FROM flows_raw", "TSV")
            query.settings = ["additional_table_filters": "{'flows_raw':'1'}"]
            query.probes = [
                .init(sql: "SELECT 1 FROM flows_raw WHERE (\n\(condition)\n)") { try TableFilter.check(tree: $0) }
            ]
            #expect(await refusal(store, query) != nil, "ran: \(condition)")
        }
    }

    /// What a condition on a table (`additional_table_filters`) may not be.
    private static let conditionTries = [
        "length(file('/etc/hostname')) > 0",
        "SrcAS IN (SELECT 1)",
        "SrcAS IN (SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString'))",
        "1) UNION ALL SELECT length(file('/etc/hostname')",
        "1) UNION ALL (SELECT 1",
        "1) FORMAT TSV --",
        "1) SETTINGS max_threads = 1 --",
        "1) INTO OUTFILE '/tmp/netmeta-gate' --",
        "SrcAS IN system.processes",
        "arrayExists(x -> file(x) != '', ['/etc/hostname'])",
        "sleep(3) = 0",
    ]

    /// Each would read or write what isn't ours, or change a limit.
    private static let tries = [
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "SELECT file('/etc/hostname')",
        "SELECT * FROM fileCluster('default', '/etc/hostname', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM urlCluster('default', 'http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM remoteSecure('127.0.0.1', system.one)",
        "SELECT * FROM cluster('default', system.one)",
        "SELECT * FROM clusterAllReplicas('default', system.one)",
        "SELECT * FROM s3('http://127.0.0.1:1/x', 'TSV')",
        "SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'TSV')",
        "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
        "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
        "SELECT * FROM mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'x String')",
        "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')",
        "SELECT * FROM sqlite('/tmp/x.db', 't')",
        "SELECT * FROM odbc('DSN=x', 'a', 'b')",
        "SELECT * FROM jdbc('x', 'a', 'b')",
        "SELECT * FROM executable('cat', 'TSV', 'x String')",
        "SELECT * FROM input('x String')",
        "SELECT * FROM dictionary('netmeta.autnums')",
        "SELECT * FROM merge('system', '.*')",
        "SELECT * FROM loop(system.one)",
        "SELECT * FROM deltaLake('http://127.0.0.1:1/x')",
        "SELECT * FROM iceberg('http://127.0.0.1:1/x')",
        "SELECT * FROM azureBlobStorage('x', 'y', 'z')",
        "SELECT * FROM format(TSV, 'x String', 'a')",
        "SELECT * FROM Python(x)",
        "SELECT * FROM default.t",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM system.processes",
        "SELECT * FROM system.query_log",
        "SELECT * FROM system.server_settings",
        "SELECT * FROM system.users",
        "SELECT * FROM system.disks",
        "SELECT * FROM `/etc/hostname`",
        "SELECT 1 WHERE 1 IN (SELECT * FROM file('/etc/hostname', 'LineAsString'))",
        "SELECT 1 WHERE 'x' IN system.processes",
        "SELECT (SELECT file('/etc/hostname'))",
        "WITH x AS (SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')) SELECT * FROM x",
        "SELECT 1 UNION ALL SELECT length(file('/etc/hostname'))",
        "SELECT 1 ORDER BY file('/etc/hostname')",
        "SELECT 1 LIMIT length(file('/etc/hostname'))",
        "SELECT number FROM numbers(length(file('/etc/hostname')))",
        "SELECT * FROM view(SELECT file('/etc/hostname'))",
        "SELECT arrayMap(x -> file(x), ['/etc/hostname'])",
        "SELECT * REPLACE (file('/etc/hostname') AS dummy) FROM system.one",
        "SELECT * APPLY(file) FROM system.one",
        "SELECT 1 INTO OUTFILE '/tmp/netmeta-gate'",
        "SELECT 1 INTO OUTFILE '/tmp/netmeta-gate' FORMAT TSV",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT * FROM (SELECT 1 SETTINGS max_threads = 1)",
        "SELECT 1 FORMAT TSV SETTINGS max_memory_usage = 0",
        "SELECT sleep(3)",
        "SELECT sleepEachRow(1)",
        "SELECT hostName()",
        "SELECT getMacro('x')",
        "SELECT joinGet('t', 'x', 1)",
        "SELECT hasColumnInTable('system', 'processes', 'query')",
        "SELECT catboostEvaluate('/x', 1)",
        "SELECT initializeAggregation('sum', 1), addressToLine(1)",
        "SELECT demangle('x'), addressToSymbol(1)",
        "SELECT filesystemAvailable()",
        "SELECT 1; SELECT 2",
        "INSERT INTO flows_raw (Bytes) VALUES (1)",
        "INSERT INTO FUNCTION file('/tmp/netmeta-gate', 'TSV') SELECT 1",
        "CREATE TABLE t (x UInt8) ENGINE = Memory",
        "DROP TABLE flows_raw",
        "TRUNCATE TABLE flows_raw",
        "ALTER TABLE flows_raw DELETE WHERE 1",
        "OPTIMIZE TABLE flows_raw FINAL",
        "SYSTEM SHUTDOWN",
        "KILL QUERY WHERE 1",
        "SET readonly = 0",
        "USE system",
        "ATTACH TABLE x",
        "DETACH TABLE flows_raw",
        "RENAME TABLE flows_raw TO x",
        "EXPLAIN SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "DESCRIBE TABLE file('/etc/hostname')",
        "GRANT ALL ON *.* TO default",
        "BACKUP DATABASE netmeta TO File('/tmp/x')",
        "FROM INFILE '/etc/hostname' SELECT 1",
    ]

    // MARK: - Asking

    private func query(_ sql: String, _ format: String) -> FormattedQuery {
        FormattedQuery(sql: sql, format: format, limits: QueryLimits(seconds: 20, isPersons: true)) { tree in
            _ = try SQLGate.check(tree: tree)
        }
    }

    private func bytes(_ store: EmbeddedStore, _ query: FormattedQuery) async throws -> [UInt8] {
        let answer = try await store.formatted(query)
        var all: [UInt8] = []
        while let piece = try await answer.next() { all += piece }
        return all
    }

    private func text(_ store: EmbeddedStore, _ query: FormattedQuery) async throws -> String {
        String(decoding: try await bytes(store, query), as: UTF8.self)
    }

    private func text(_ store: EmbeddedStore, _ sql: String, _ format: String) async throws -> String {
        try await text(store, query(sql, format))
    }

    private func failure(_ store: EmbeddedStore, _ query: FormattedQuery) async -> StoreError? {
        do {
            _ = try await bytes(store, query)
            return nil
        } catch {
            return error as? StoreError
        }
    }

    /// How the gate, or the engine's parser before it, refuses; nil when it ran.
    private func refusal(_ store: EmbeddedStore, _ query: FormattedQuery) async -> String? {
        do {
            var query = query
            query.sql = try SQLGate.statement(query.sql).sql
            _ = try await bytes(store, query)
            return nil
        } catch let error as QueryError {
            return error.message
        } catch let error as StoreError where [62, 164].contains(error.code) {
            return "syntax, or a setting: \(error.message)"
        } catch {
            Issue.record("neither the gate nor the parser: \(query.sql): \(error)")
            return nil
        }
    }
}
