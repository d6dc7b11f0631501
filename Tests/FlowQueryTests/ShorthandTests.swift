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

    @Test(
        "SETTINGS at the end are taken off where they are name = literal, and stay for the parser otherwise",
        arguments: [
            ("SELECT 1 SETTINGS a = 1", "SELECT 1", nil, "a=1"),
            (
                "SELECT 1 settings a=-1.5 , B_2 = 'it''s \\'x\\' \\\\d \\d',c=true ; ", "SELECT 1", nil,
                "a=-1.5|B_2=it's 'x' \\d \\d|c=true"
            ),
            ("SELECT 1 FORMAT CSV SETTINGS a=1", "SELECT 1 ", "CSV", "a=1"),
            ("SELECT 1 SETTINGS a=1 FORMAT CSV", "SELECT 1 ", "CSV", "a=1"),
            ("SELECT 1\nsettings f={'t' : ' x = \\'y\\' '}", "SELECT 1", nil, "f={'t' : ' x = \\'y\\' '}"),
            // The word within the value is no clause.
            ("SELECT 1 SETTINGS f={'t':'x SETTINGS b=1'}", "SELECT 1", nil, "f={'t':'x SETTINGS b=1'}"),
            ("SELECT 1 SETTINGS a=1 SETTINGS b=2", "SELECT 1 SETTINGS a=1", nil, "b=2"),
            ("SELECT 1 FORMAT TSV FORMAT CSV", "SELECT 1 FORMAT TSV ", "CSV", ""),
            ("SELECT 'x SETTINGS a=1'", "SELECT 'x SETTINGS a=1'", nil, ""),
            ("SELECT * FROM (SELECT 1 SETTINGS a=1)", "SELECT * FROM (SELECT 1 SETTINGS a=1)", nil, ""),
            ("SELECT 1 SETTINGS a=f(1)", "SELECT 1 SETTINGS a=f(1)", nil, ""),
            ("SELECT 1 SETTINGS a='\\x41'", "SELECT 1 SETTINGS a='\\x41'", nil, ""),
            ("SELECT 1 SETTINGS a=1,", "SELECT 1 SETTINGS a=1,", nil, ""),
            ("SELECT 1 SETTINGS", "SELECT 1 SETTINGS", nil, ""),
            ("SELECT mysettings a=1", "SELECT mysettings a=1", nil, ""),
            ("SETTINGS a=1", "SETTINGS a=1", nil, ""), ("", "", nil, ""),
        ] as [(String, String, String?, String)]
    )
    func settings(text: String, sql: String, format: String?, settings: String) {
        let ending = SQLGate.splitEnding(text)
        #expect(ending.sql == sql && ending.format == format)
        #expect(ending.settings.map { "\($0.name)=\($0.value)" }.joined(separator: "|") == settings)
    }

    @Test("conditions on tables are read, written again and shown to the parser")
    func filters() throws {
        let text = "{'netmeta.flows_raw' : ' SrcAS = \\'1\\' AND Proto IN (\\'6\\', \\'17\\') ', 'events':'1'}"
        let filters = try TableFilter.read(text)
        #expect(filters.map(\.table) == ["netmeta.flows_raw", "events"])
        #expect(filters.first?.condition == " SrcAS = '1' AND Proto IN ('6', '17') ")
        #expect(filters.last?.probe == "SELECT 1 FROM events WHERE (\n1\n)")
        #expect(try TableFilter.read(TableFilter.text(filters)) == filters)
        #expect(try TableFilter.read("{}").isEmpty)
        let one = ["SelectWithUnionQuery (children 1)", " ExpressionList (children 1)", "  SelectQuery (children 1)"]
        try TableFilter.check(tree: one)
        let two = one + ["   Subquery", "    SelectQuery (children 1)"]
        #expect(throws: QueryError.self) { try TableFilter.check(tree: two) }
        for wrong in [
            "", "x", "{'a':'b'", "{'a':'b'} OR 1", "{'a' 'b'}", "{a:'b'}", "{'a':1}", "{'system.processes':'1'}",
            "{'other.t':'1'}", "{'a b':'1'}", "{'file(x)':'1'}", "{'':'1'}", "{'flows_raw':'1; DROP TABLE x'}",
            "{'flows_raw':'\\0'}", "{'flows_raw':'\(String(repeating: "1", count: 9000))'}",
        ] {
            #expect(throws: QueryError.self, "\(wrong.prefix(50))") { try TableFilter.read(wrong) }
        }
    }
}
