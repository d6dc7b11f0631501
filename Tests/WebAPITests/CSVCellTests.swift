import Testing
import WebAPI

struct CSVCellTests {
    @Test(arguments: [
        ("", ""), ("edge-1", "edge-1"), ("1+1", "1+1"), ("-1", "-1"), ("-12.5", "-12.5"), ("'a'", "'a'"),
        ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "\"a\nb\""),
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1+1", "'-1+1"), ("--1", "'--1"), ("-", "'-"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("\r=1", "\"'\r=1\""), ("\n=1", "\"'\n=1\""),
        ("=cmd|\" /C x\"!A0", "\"'=cmd|\"\" /C x\"\"!A0\""),
    ])
    func noCellIsRun(text: String, cell: String) {
        #expect(CSVCell.text(text) == cell)
    }
}
