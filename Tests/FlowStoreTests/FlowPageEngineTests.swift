import FlowQuery
import FlowSchema
import Foundation
import NetTypes
import Testing

@testable import FlowStore

/// Lists of rows in the real engine.
extension EmbeddedStoreTests {
    @Test("pages have each row once, in every order, while rows are added; a row is found again; the tail counts all")
    func flowPages() async throws {
        let folder = NSTemporaryDirectory() + "netmeta-pages-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        let count = 120
        try store.append(Self.numbered(0..<count), token: "first")
        let question = Question(range: try TimeRange(from: 1_799_999_900, to: 1_800_000_100))
        var added = count
        for order in ["", "TimeReceived", "-Bytes", "SrcAddr", "-DstCountry", "-ExporterRole", "SrcMac"] {
            let order = try FlowOrder(order)
            var (before, seen, keys): (FlowCursor?, [UInt64: Int], [[ResultValue]]) = (nil, [:], [])
            var pages = 0
            repeat {
                let query = try FlowsQuery(
                    question,
                    limit: 45,
                    before: before,
                    columns: [.sequenceNum, order.column, .timeReceived].uniqued,
                    order: order
                )
                let page = try await store.query(query.sql.text, limits: QueryLimits())
                for value in page["SequenceNum"]?.values ?? [] { seen[value.unsigned ?? .max, default: 0] += 1 }
                let key = page["_key"] ?? page["TimeReceived"]
                for row in 0..<page.rowCount {
                    keys.append([key, page["TimeReceived"]].map { $0?.values[row] ?? .null })
                }
                before = query.next(after: Self.places(page), key: Self.key(page["_key"]?.values.last))
                pages += 1
                guard pages < 2 else { continue }
                // Before, at and behind the page's end.
                try store.append(Self.numbered(added..<added + 26), token: "more-\(added)")
                added += 26
            } while before != nil
            // Rows are in pairs that are equal in all: a number stands for two.
            let old = (0..<UInt64(count / 2)).map { seen[$0] ?? 0 }
            #expect(old.allSatisfy { $0 == 2 }, "\(order): \(old)")
            #expect(seen.values.allSatisfy { $0 <= 2 }, "\(order)")
            #expect(seen.keys.allSatisfy { $0 < UInt64(added / 2) })
            let isSorted = zip(keys, keys.dropFirst()).allSatisfy { a, b in
                let comparison = zip(a, b).lazy.map(Self.compare).first { $0 != 0 } ?? 0
                return order.isDescending ? comparison >= 0 : comparison <= 0
            }
            #expect(isSorted, "\(order)")
        }

        // One row by its place.
        let list = try await store.query(try FlowsQuery(question, limit: 5).sql.text, limits: QueryLimits())
        let place = try #require(Self.places(list).last)
        let row = try await store.query(
            FlowRowQuery(FlowPlace(second: place.second, hash: place.hash)).sql.text,
            limits: QueryLimits()
        )
        #expect(row["SequenceNum"]?.values.first == list["SequenceNum"]?.values.last)
        #expect(row["_copies"]?.values.first?.unsigned == 2)
        #expect(row.columns.count == FlowRowQuery.columns.count + 1)
        let none = try await store.query(
            FlowRowQuery(FlowPlace(second: place.second, hash: 1)).sql.text,
            limits: QueryLimits()
        )
        #expect(none.rowCount == 0)

        // All rows of a second, of which some are shown.
        let second = Question(
            range: try TimeRange(from: 1_800_000_000, to: 1_800_000_001),
            filter: try Filter.parse("Bytes < 5")
        )
        let sql = "SELECT count() AS n FROM flows_raw WHERE TimeReceived = 1800000000 AND Bytes < 5"
        let matched = try await store.query(sql, limits: QueryLimits())["n"]?.values.first
        let tail = try await store.query(
            try FlowTailQuery(second, columns: [.bytes, .srcCity], limit: 7).sql.text,
            limits: QueryLimits()
        )
        #expect(tail.rowCount == 7 && tail["_matched"]?.values.first?.unsigned == matched?.unsigned)
        #expect(tail["Bytes"]?.values.allSatisfy { ($0.unsigned ?? 9) < 5 } == true)
        let whole = try FlowTailQuery(second, columns: [.bytes], limit: 200)
        #expect(
            UInt64(try await store.query(whole.sql.text, limits: QueryLimits()).rowCount) == matched?.unsigned
        )

        // A file of all of it, in pieces.
        var pager = FlowPager(question, columns: [.timeReceived], limit: 10_000, pageRows: 100)
        var given = 0
        while let query = try pager.next() {
            let page = try await store.query(query.sql.text, limits: QueryLimits())
            given += pager.take(Self.places(page), key: nil)
        }
        #expect(given == added && !pager.isCut)
    }

    /// Rows in pairs, each pair with a number of its own, over thirteen seconds.
    private static func numbered(_ numbers: Range<Int>) -> FlowBatch {
        let batch = FlowBatch(capacity: numbers.count)
        let rows = batch.reserve(numbers.count)
        batch.fill(.samplingRate, rows, with: UInt32(1))
        for (row, number) in numbers.enumerated() {
            let (row, number) = (row..<row + 1, number / 2)
            batch.fill(.sequenceNum, row, with: UInt32(number))
            batch.fill(.timeReceived, row, with: UInt32(1_800_000_000 + number % 13))
            batch.fill(.timeFlowStart, row, with: UInt32(1_799_999_990 + number % 3))
            batch.fill(.bytes, row, with: UInt64(number % 7))
            batch.fill(.srcAddr, row, with: IPAddress(192, 0, 2, UInt8(number % 5)))
            batch.fill(.srcMac, row, with: UInt64(number % 4))
            batch.fill(.flowType, row, with: UInt8(number % 5))
            batch.fill(.dstCountry, row, with: CountryCode.number(["DE", "FR", ""][number % 3]) ?? 0)
        }
        batch.seal()
        return batch
    }

    private static func places(_ page: QueryResult) -> [(second: UInt64, hash: UInt64)] {
        zip(page["TimeReceived"]?.values ?? [], page["_hash"]?.values ?? []).map {
            (second: $0.unsigned ?? 0, hash: $1.unsigned ?? 0)
        }
    }

    private static func key(_ value: ResultValue?) -> KeyValue? {
        switch value {
        case nil: nil
        case .string(let text): .text(text)
        case .address(let address): .address(address)
        case .some(let value): value.unsigned.map(KeyValue.number)
        }
    }

    private static func compare(_ a: ResultValue, _ b: ResultValue) -> Int {
        switch (a, b) {
        case (.string(let a), .string(let b)): a == b ? 0 : a < b ? -1 : 1
        case (.address(let a), .address(let b)):
            a == b ? 0 : (a.high, a.low) < (b.high, b.low) ? -1 : 1
        default: (a.number ?? 0) == (b.number ?? 0) ? 0 : (a.number ?? 0) < (b.number ?? 0) ? -1 : 1
        }
    }
}

extension [FlowColumn] {
    /// Each column once.
    fileprivate var uniqued: [FlowColumn] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
