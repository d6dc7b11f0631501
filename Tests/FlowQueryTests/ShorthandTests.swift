import FlowQuery
import Testing

/// What programs send before they ask for rows, and what stands at the end of a statement.
struct ShorthandTests {
    @Test("SHOW, DESCRIBE and EXISTS become SELECTs that the gate knows")
    func shorthands() throws {
        #expect(try SQLShorthand.select(for: "show databases")?.contains("FROM system.databases") == true)
        for text in [
            "SHOW TABLES", "SHOW TABLES FROM netmeta", "show tables in `netmeta`", "SHOW TABLES FROM \"default\"",
        ] {
            #expect(
                try SQLShorthand.select(for: text)
                    == "SELECT name FROM system.tables WHERE database = 'netmeta' ORDER BY name",
                "\(text)"
            )
        }
        for text in ["DESC flows_raw", "DESCRIBE TABLE netmeta.flows_raw", "desc table \"netmeta\".\"flows_raw\""] {
            let select = try #require(try SQLShorthand.select(for: text))
            #expect(select.contains("WHERE database = 'netmeta' AND table = 'flows_raw'"), "\(text)")
        }
        #expect(try SQLShorthand.select(for: "EXISTS TABLE t")?.contains("name = 't'") == true)
        #expect(try SQLShorthand.select(for: "SHOW CREATE TABLE t")?.contains("create_table_query") == true)
    }

    @Test("other databases are refused, and what isn't one of the forms is left to the gate")
    func others() throws {
        for text in ["SHOW TABLES FROM information_schema", "DESCRIBE TABLE other.t"] {
            #expect(throws: QueryError.self) { _ = try SQLShorthand.select(for: text) }
        }
        for text in [
            "SELECT 1", "SHOW PROCESSLIST", "SHOW TABLES LIKE 'a'", "DESCRIBE TABLE file('/etc/passwd')",
            "DESCRIBE (SELECT 1)", "SHOW TABLES FROM netmeta; DROP TABLE x", "SHOW TABLES FROM \"a' OR 1\"", "", "DESC",
            "SHOW TABLES FROM", "DESC netmeta.", "SHOW DATABASES x",
        ] {
            #expect(try SQLShorthand.select(for: text) == nil, "\(text)")
        }
    }

    @Test("FORMAT at the end is taken off, and nothing else")
    func formats() {
        let cases: [(String, String, String?)] = [
            ("SELECT 1 FORMAT JSON", "SELECT 1 ", "JSON"),
            ("SELECT 1\nformat\tNative ; \n", "SELECT 1\n", "Native"),
            ("SELECT 'x'FORMAT CSV", "SELECT 'x'", "CSV"),
            ("SELECT 1", "SELECT 1", nil),
            ("SELECT format", "SELECT format", nil),
            ("SELECT x AS format", "SELECT x AS format", nil),
            ("SELECT reformat JSON", "SELECT reformat JSON", nil),
            ("FORMAT JSON", "FORMAT JSON", nil),
            ("", "", nil),
            (" ;", "", nil),
        ]
        for (text, sql, format) in cases {
            let split = SQLGate.splitFormat(text)
            #expect(split.sql == sql && split.format == format, "\(text)")
        }
    }
}
