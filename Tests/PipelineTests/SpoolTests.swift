import FlowSchema
import Foundation
import Logging
import NetTypes
import Telemetry
import Testing

@testable import Pipeline

/// The spool over a folder of its own; what the server makes of it is tested in Tests/Faults.
@Suite("Spool")
struct SpoolTests {
    private let folder = NSTemporaryDirectory() + "netmeta-spool-\(UUID().uuidString)"
    private let logger = Logger(label: "spool") { _ in SwiftLogNoOpLogHandler() }

    @Test("another life of the process finds what was added, those that were tried first")
    func order() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = open()
        #expect(first.add(batch(rows: 1), from: .queue, token: "one", wasTried: false))
        #expect(first.add(batch(rows: 2), from: .queue, token: "two", wasTried: true))
        #expect(first.add(batch(rows: 3), from: .queue, token: "three", wasTried: false))

        let second = open()
        #expect(second.report.batches == 3 && second.report.rows == 6 && second.report.recoveredRows == 6)
        #expect(second.report.bytes == first.report.bytes)
        var tokens: [String] = []
        let copy = FlowBatch(capacity: 10)
        while let entry = second.take() {
            copy.clear()
            #expect(second.read(entry, into: copy))
            #expect(copy.count == Int(entry.rows))
            tokens.append(entry.token)
            second.remove(entry)
        }
        #expect(tokens == ["two", "one", "three"])
        #expect(second.report.batches == 0 && second.report.bytes == 0 && second.report.replayedRows == 6)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        // A number is never used twice while its batch may be remembered.
        #expect(second.add(batch(rows: 1), from: .queue, token: "four", wasTried: false))
        #expect(open().take()?.name == "b-0000000000000004.batch")
    }

    @Test("over its bound the oldest make room, and their rows are counted")
    func bound() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let size = EncodedBatch(batch(rows: 5), token: "a").byteCount
        let spool = open(limit: 3 * size)
        for token in ["a", "b", "c", "d"] {
            #expect(spool.add(batch(rows: 5), from: .queue, token: token, wasTried: false))
        }
        #expect(spool.report.batches == 3 && spool.report.rows == 15 && spool.report.droppedRows == 5)
        // One that is being stored stays.
        let busy = try #require(spool.take())
        #expect(busy.token == "b")
        #expect(spool.add(batch(rows: 5), from: .queue, token: "e", wasTried: false))
        let copy = FlowBatch(capacity: 10)
        #expect(spool.read(busy, into: copy))
        spool.remove(busy)
        #expect(spool.take()?.token == "d")
        #expect(!open(limit: size - 8).add(batch(rows: 5), from: .queue, token: "f", wasTried: false))
        #expect(!open(limit: 0).add(batch(rows: 5), from: .queue, token: "f", wasTried: false))
    }

    @Test("files that are cut short, turned over or strange are set aside and stop nothing")
    func broken() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = open()
        for token in ["a", "b", "c"] { #expect(first.add(batch(rows: 4), from: .queue, token: token, wasTried: false)) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        // Cut short: seen at the start. Turned over in a section: seen when it is read.
        var bytes = try #require(FileManager.default.contents(atPath: "\(folder)/\(names[0])"))
        try bytes.dropLast(8).write(to: URL(fileURLWithPath: "\(folder)/\(names[0])"))
        bytes = try #require(FileManager.default.contents(atPath: "\(folder)/\(names[1])"))
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: URL(fileURLWithPath: "\(folder)/\(names[1])"))
        try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder)/b-0000000000000009.batch.tmp"))
        try Data().write(to: URL(fileURLWithPath: "\(folder)/b-0000000000000008.batch"))

        let second = open()
        #expect(second.report.batches == 2 && second.report.broken == 2)
        let copy = FlowBatch(capacity: 10)
        #expect(!second.read(try #require(second.take()), into: copy))
        #expect(copy.isEmpty)
        let good = try #require(second.take())
        #expect(second.read(good, into: copy) && good.token == "c")
        second.remove(good)
        #expect(second.report.broken == 3 && second.report.brokenRows == 4 && second.report.batches == 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(left == [names[0], names[1], "b-0000000000000008.batch"].map { $0 + ".broken" })
        // They take room, and are the first to go.
        #expect(second.report.bytes > 0)
        let size = EncodedBatch(batch(rows: 4), token: "d").byteCount
        #expect(open(limit: size).add(batch(rows: 4), from: .queue, token: "d", wasTried: false))
        // The one without a byte may stay.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                == ["b-0000000000000008.batch.broken", "b-0000000000000009.batch"]
        )
    }

    @Test("a batch that fails again and again, while others are stored, is given up; one that all share isn't")
    func hopeless() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let spool = open()
        #expect(spool.add(batch(rows: 1), from: .queue, token: "a", wasTried: true))
        var entry = try #require(spool.take())
        entry.failures = 9
        entry.storedBefore = 7
        let later = entry.firstFailure + .seconds(301)
        #expect(!entry.isHopeless(stored: 7, at: later))
        #expect(!entry.isHopeless(stored: 8, at: later - .seconds(10)))
        #expect(entry.isHopeless(stored: 8, at: later))
        entry.failures = 8
        #expect(!entry.isHopeless(stored: 8, at: later))
        // It waits before it is tried again.
        spool.keep(entry, stored: 8)
        #expect(spool.take() == nil)
        #expect(try #require(spool.nextTry) > .now)
    }

    @Test("the store is asked again after a pause that grows, and without one when it takes a batch")
    func gate() {
        let gate = StoreGate()
        let start = ContinuousClock.now
        #expect(gate.isOpen && gate.admits(at: start))
        var pauses: [Duration] = []
        for _ in 0..<6 {
            gate.fail(at: start)
            #expect(!gate.isOpen && !gate.admits(at: start))
            pauses.append(gate.nextTry(at: start) - start)
        }
        #expect(pauses == pauses.sorted() && pauses.last == .seconds(5))
        #expect(gate.admits(at: start + .seconds(5)))
        gate.succeed()
        #expect(gate.isOpen)
    }

    @Test("a batch from before the column has what FlowDirection tells as Incoming")
    func withoutIncoming() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let spool = open()
        let old = batch(rows: 3)
        for (row, direction) in [UInt8(0), 1, 255].enumerated() {
            old.fill(.flowDirection, row..<row + 1, with: direction)
        }
        #expect(spool.add(old, from: .queue, token: "one", wasTried: false))
        let copy = FlowBatch(capacity: 10)
        #expect(spool.read(try #require(spool.take()), into: copy))
        #expect((0..<3).map { copy.number(.incoming, row: $0) } == [1, 0, 255])
    }

    private func open(limit: Int = 1 << 20) -> Spool {
        let spool = Spool(folder: folder, limit: limit, syncs: true, books: RowBooks(), logger: logger)
        spool.open()
        return spool
    }

    private func batch(rows: Int) -> FlowBatch {
        let batch = FlowBatch(capacity: 10)
        let range = batch.reserve(rows)
        batch.fill(.timeReceived, range, with: UInt32(1_800_000_000))
        batch.fill(.bytes, range, with: UInt64(rows))
        batch.seal()
        return batch
    }
}
