import Testing

@testable import netmeta

/// What `top` and `flows` print.
struct TextTableTests {
    @Test(arguments: [
        (0, "0 "), (7, "7 "), (999, "999 "), (1000, "1.00 k"), (1234, "1.23 k"), (9999, "10.0 k"), (12345, "12.3 k"),
        (99_950, "100 k"), (999_499, "999 k"), (999_500, "1.00 M"), (8.25, "8.25 "), (45.04, "45.0 "),
        (2.5e18, "2.50 E"),
        (999.96, "1.00 k"), (-1500, "-1.50 k"), (1e30, "1000000000000 E"), (.infinity, "-"),
    ])
    func prefixes(number: Double, text: String) {
        #expect(SINumber.text(number) == text)
    }

    @Test func columnsAreAsWideAsTheyMustBe() {
        var table = TextTable([.init("Name"), .init("n", isRight: true)])
        table.add(["Zürich", "1"])
        table.add(["a\u{1B}[2Jb\n", "12345"])
        #expect(table.text == "Name         n\nZürich       1\na?[2Jb?  12345\n")
    }

    @Test func linesOfCSV() {
        #expect(
            CSVLine.text(["=a", "b,c", "say \"x\"", "", "two\nlines"])
                == "'=a,\"b,c\",\"say \"\"x\"\"\",,\"two\nlines\"\n"
        )
    }
}
