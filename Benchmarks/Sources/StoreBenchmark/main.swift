import FlowDecoders
import FlowSchema
import FlowStore
import Foundation
import NetTypes
import Synchronization
import VirtualExporters

// usage: StoreBenchmark FOLDER [SECONDS] [ROWS] [BATCHES] [MEMORY] [INSERTS]
//
// What the store takes when batches are ready: the flows of
// `netmeta generate --protocol mixed`, decoded beforehand into BATCHES batches
// of ROWS rows as if a million came in a second, are appended for SECONDS, INSERTS at a time. The store brings a batch's
// rows into its table's order the first time; who wants that in all of the figure gives BATCHES enough for the time, for
// the server's are all new. Prints as "new" the rows that were. What the engine refuses
// (too little memory while merges are behind) is tried again, as the server does, and counted. Prints one line of JSON;
// "merged" are the rows, of all tables, that merges read: a store that merges less than another only puts it off.

struct Arguments {
    let folder: String
    let seconds: Double
    let rows: Int
    let batches: Int
    let memory: Int
    let inserts: Int

    init() throws {
        let words = CommandLine.arguments.dropFirst()
        guard let folder = words.first else {
            throw StoreError(message: "usage: StoreBenchmark FOLDER [SECONDS] [ROWS] [BATCHES] [MEMORY] [INSERTS]")
        }
        let numbers =
            words.dropFirst().map { Int($0) ?? 0 } + [60, 1_000_000, 6, 4_000_000_000, 3].dropFirst(words.count - 1)
        self.folder = folder
        (seconds, rows, batches, memory) = (Double(numbers[0]), numbers[1], numbers[2], numbers[3])
        inserts = numbers[4]
        guard numbers.allSatisfy({ $0 > 0 }), inserts <= batches else {
            throw StoreError(message: "numbers have to be positive, and INSERTS at most BATCHES")
        }
    }
}

/// Decodes made-up datagrams of many exporters until all batches are full.
func readyBatches(count: Int, rows: Int) -> [FlowBatch] {
    let start = UInt64(Date().timeIntervalSince1970 * 1000)
    var flows: UInt64 = 0
    var now: UInt64 { start + flows / 1000 }
    var fleet = LoadFleet(protocol: .mixed, distinct: UInt64(count * rows), now: start)
    var decoder = FlowDecoder()
    var writer = DatagramWriter()
    func decode(_ exporter: Int, into batch: FlowBatch) {
        let source = IPEndpoint(address: fleet.exporters[exporter].profile.address, port: 40_000)
        let context = DatagramContext(source: source, receivedAt: UInt32(now / 1000))
        writer.withDatagrams { datagrams in
            for datagram in datagrams { decoder.decode(RawSpan(_unsafeBytes: datagram), context: context, into: batch) }
        }
        writer.removeAll()
    }
    let templates = FlowBatch(capacity: FlowDecoder.mostRows)
    for exporter in fleet.exporters.indices {
        fleet.announce(exporter: exporter, now: now, into: &writer)
        decode(exporter, into: templates)
    }
    var exporter = 0
    return (0..<count).map { _ in
        let batch = FlowBatch(capacity: rows + FlowDecoder.mostRows)
        while batch.count < rows {
            flows += fleet.export(exporter: exporter, datagrams: 32, now: now, into: &writer).flows
            decode(exporter, into: batch)
            exporter = (exporter + 1) % fleet.exporters.count
        }
        batch.seal()
        return batch
    }
}

extension FlowBatch {
    /// Moves the rows in time, so that the last of them came just now.
    func arriveNow() {
        guard let range = receivedRange else { return }
        let distance = UInt32(Date().timeIntervalSince1970) &- range.upperBound &+ 1
        let times = unsafe write(.timeReceived, 0..<count, as: UInt32.self)
        for row in times.indices { unsafe times[row] &+= distance }
    }
}

/// CPU time of all threads of the process, the engine's included.
func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Rows that merges of all tables have read so far, and the parts that ``ClickHouse/flowsTable`` has now.
func merges(_ store: EmbeddedStore) async throws -> (rows: UInt64, parts: UInt64) {
    let result = try await store.query(
        """
        SELECT (SELECT sum(value) FROM system.events WHERE event = 'MergedRows') AS rows,
            (SELECT count() FROM system.parts WHERE active AND table = '\(ClickHouse.flowsTable)') AS parts
        """,
        limits: QueryLimits(seconds: 60, resultRows: 1)
    )
    func number(_ name: String) -> UInt64 { result[name]?.values.first?.unsigned ?? 0 }
    return (number("rows"), number("parts"))
}

func run() async throws {
    let arguments = try Arguments()
    let batches = readyBatches(count: arguments.batches, rows: arguments.rows)
    let options = EmbeddedStore.Options(
        folder: arguments.folder,
        library: try EngineLibrary.locate(configured: nil),
        memory: arguments.memory,
        batchRows: arguments.rows + FlowDecoder.mostRows,
        inserts: arguments.inserts,
        retentionDays: 7
    )
    let store = try EmbeddedStore(options, lock: try FolderLock(folder: arguments.folder))
    let start = ContinuousClock.now
    let before = cpuSeconds()
    let rowsStored = Atomic(0)
    let refused = Atomic(0)
    // As the server does: several batches at a time, each of which belongs to one thread.
    DispatchQueue.concurrentPerform(iterations: arguments.inserts) { thread in
        let own = batches.enumerated().filter { $0.offset % arguments.inserts == thread }.map(\.element)
        var number = 0
        while (ContinuousClock.now - start) / .seconds(1) < arguments.seconds {
            let batch = own[number % own.count]
            batch.arriveNow()
            do {
                try store.append(batch, token: "bench-\(thread)-\(number)")
            } catch {
                let count = refused.wrappingAdd(1, ordering: .relaxed).newValue
                if count == 1 { FileHandle.standardError.write(Data("StoreBenchmark: refused: \(error)\n".utf8)) }
                Thread.sleep(forTimeInterval: 0.1)
                continue
            }
            rowsStored.wrappingAdd(batch.count, ordering: .relaxed)
            number += 1
        }
    }
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let rows = rowsStored.load(ordering: .relaxed)
    let cpu = cpuSeconds() - before
    let merges = try await merges(store)
    guard rows > 0 else { throw StoreError(message: "nothing was stored in \(elapsed) s") }
    print(
        """
        {"rows": \(rows), "new": \(min(rows, batches.reduce(0) { $0 + $1.count })), "inserts": \(arguments.inserts), "seconds": \(elapsed), "rowsPerSecond": \(Double(rows) / elapsed), \
        "cpuSeconds": \(cpu), "refused": \(refused.load(ordering: .relaxed)), "merged": \(merges.rows), "parts": \(merges.parts)}
        """
    )
    fflush(nil)
    store.close()
    // The engine's threads may still be on their way out of the library.
    _exit(0)
}

do {
    try await run()
} catch {
    FileHandle.standardError.write(Data("StoreBenchmark: \(error)\n".utf8))
    exit(1)
}
