import FlowStore
import Foundation
import HTTPTypes
import Testing

@testable import WebAPI

struct RowRouteTests {
    static let tree = """
        SelectWithUnionQuery (children 1)
         ExpressionList (children 1)
          SelectQuery (children 1)
           ExpressionList (children 1)
            Function count (alias n) (children 1)
             ExpressionList
        """

    @Test(arguments: [true, false]) func query(isPost: Bool) async throws {
        let store = FakeStore { sql in
            sql.hasPrefix("EXPLAIN") ? FakeStore.lines(Self.tree) : FakeStore.numbers([("n", [42])])
        }
        let harness = Harness(store: store)
        let answer =
            isPost
            ? try await harness.send("/api/v1/query", method: .post, body: "SELECT count() AS n;\n")
            : try await harness.send("/api/v1/query?sql=SELECT+count()+AS+n")
        let json = try answer.json()
        #expect(answer.status == 200)
        #expect((json["data"] as? [[String: Any]])?.first?["n"] as? Int == 42)
        #expect((json["meta"] as? [[String: String]])?.first == ["name": "n", "type": "UInt64"])
        #expect(json["rows"] as? Int == 1)
        #expect(store.asked == ["EXPLAIN AST SELECT count() AS n", "SELECT count() AS n"])
        #expect(store.limits.map(\.isPersons) == [true, true])
    }

    @Test func whatTheGateRefusesIsNeverRun() async throws {
        let store = FakeStore { _ in FakeStore.lines(Self.tree.replacing("count", with: "file")) }
        let answer = try await Harness(store: store).send("/api/v1/query?sql=SELECT+file('/etc/hostname')")
        #expect(answer.status == 400)
        #expect(try answer.error()["parameter"] as? String == "sql")
        #expect(store.asked.count == 1)
        for sql in ["SELECT+1;SELECT+2", "DROP+TABLE+x", "INSERT+INTO+x+SELECT+1"] {
            #expect(try await Harness(store: store).send("/api/v1/query?sql=\(sql)").status == 400)
        }
        #expect(store.asked.count == 1)
    }

    @Test func syntaxErrorsAreThePersons() async throws {
        let store = FakeStore { _ in throw StoreError(code: 62, message: "Syntax error: failed at position 8") }
        let answer = try await Harness(store: store).send("/api/v1/query?sql=SELECT+(")
        #expect(answer.status == 400)
        #expect(try answer.error()["message"] as? String == "Syntax error: failed at position 8")
    }

    @Test func bodiesHaveALimit() async throws {
        let body = "SELECT " + String(repeating: "1+", count: 60_000) + "1"
        let answer = try await Harness().send("/api/v1/query", method: .post, body: body)
        #expect(answer.status == 413)
        #expect(try answer.error()["code"] as? String == "too_large")
    }

    @Test func everyValueIsJSON() throws {
        let strings = ["", "\"\\\n\r\t\u{1}\u{1F}\u{7F}", "ä🙂", "</script>", "\u{2028}"]
        let values: [ResultValue] =
            strings.map(ResultValue.string) + [
                .null, .bool(true), .int(.min), .uint(.max), .double(.nan), .double(-.infinity), .double(1e300),
                .double(0.1),
                .time(0), .array([.int(1), .array([])]), .map([.init(key: .string("a\"b"), value: .null)]),
                .map([.init(key: .uint(1), value: .array([.map([])]))]),
            ]
        for value in values {
            var json = JSONWriter()
            json.object { json in
                json.member("first") { json in json.value(value) }
                json.member("second") { json in json.value(value) }
            }
            let object = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any]
            let read = try #require(object)
            #expect(read.count == 2)
            if case .string(let text) = value { #expect(read["second"] as? String == text) }
        }
    }
}
