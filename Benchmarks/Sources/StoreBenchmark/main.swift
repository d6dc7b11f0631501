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
//
// With SECONDS 0 it works in rounds: prints {"ready": ROWS} when all batches are full of new flows, waits for a line on
// standard input, appends each of them once, prints its line of JSON for that round, and fills them anew; to the input's end.

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
        guard numbers.dropFirst().allSatisfy({ $0 > 0 }), seconds >= 0, inserts <= batches else {
            throw StoreError(message: "numbers have to be positive, and INSERTS at most BATCHES")
        }
    }
}

/// Made-up datagrams of many exporters, decoded into batches, which go on where the last ones ended.
struct Feed: ~Copyable {
    private let start = UInt64(Date().timeIntervalSince1970 * 1000)
    private var flows: UInt64 = 0
    private var fleet: LoadFleet
    private var decoder = FlowDecoder()
    private var writer = DatagramWriter()
    private var exporter = 0

    init(distinct: Int) {
        fleet = LoadFleet(protocol: .mixed, distinct: UInt64(distinct), now: start)
        let templates = FlowBatch(capacity: FlowDecoder.mostRows)
        for exporter in fleet.exporters.indices {
            fleet.announce(exporter: exporter, now: now, into: &writer)
            decode(exporter, into: templates)
        }
    }

    private var now: UInt64 { start + flows / 1000 }

    /// Fills each batch anew with as many rows, or some more.
    mutating func fill(_ batches: [FlowBatch], rows: Int) {
        for batch in batches {
            batch.clear()
            while batch.count < rows {
                flows += fleet.export(exporter: exporter, datagrams: 32, now: now, into: &writer).flows
                decode(exporter, into: batch)
                exporter = (exporter + 1) % fleet.exporters.count
            }
            batch.seal()
        }
    }

    private mutating func decode(_ exporter: Int, into batch: FlowBatch) {
        let source = IPEndpoint(address: fleet.exporters[exporter].profile.address, port: 40_000)
        let context = DatagramContext(source: source, receivedAt: UInt32(now / 1000))
        writer.withDatagrams { datagrams in
            for datagram in datagrams { decoder.decode(RawSpan(_unsafeBytes: datagram), context: context, into: batch) }
        }
        writer.removeAll()
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

/// What was appended.
struct Round {
    var rows = 0
    var refused = 0
    var seconds = 0.0
    var cpuSeconds = 0.0
}

/// Appends batches as the server does: several at a time, each of which belongs to one thread.
///
/// - Parameters:
///   - name: a part of their tokens, which no other round has.
///   - seconds: how long to go on with the same ones; 0 appends each once.
func append(_ batches: [FlowBatch], to store: EmbeddedStore, inserts: Int, name: String, seconds: Double) -> Round {
    let start = ContinuousClock.now
    let before = cpuSeconds()
    let rows = Atomic(0)
    let refused = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: inserts) { thread in
        let own = batches.enumerated().filter { $0.offset % inserts == thread }.map(\.element)
        var number = 0
        while seconds > 0 ? (ContinuousClock.now - start) / .seconds(1) < seconds : number < own.count {
            let batch = own[number % own.count]
            batch.arriveNow()
            do {
                try store.append(batch, token: "bench-\(name)-\(thread)-\(number)")
            } catch {
                let count = refused.wrappingAdd(1, ordering: .relaxed).newValue
                if count == 1 { FileHandle.standardError.write(Data("StoreBenchmark: refused: \(error)\n".utf8)) }
                Thread.sleep(forTimeInterval: 0.1)
                continue
            }
            rows.wrappingAdd(batch.count, ordering: .relaxed)
            number += 1
        }
    }
    return Round(
        rows: rows.load(ordering: .relaxed),
        refused: refused.load(ordering: .relaxed),
        seconds: (ContinuousClock.now - start) / .seconds(1),
        cpuSeconds: cpuSeconds() - before
    )
}

func show(_ round: Round, new: Int, inserts: Int, store: EmbeddedStore) async throws {
    let merges = try await merges(store)
    print(
        """
        {"rows": \(round.rows), "new": \(new), "inserts": \(inserts), "seconds": \(round.seconds), "rowsPerSecond": \(Double(round.rows) / round.seconds), \
        "cpuSeconds": \(round.cpuSeconds), "refused": \(round.refused), "merged": \(merges.rows), "parts": \(merges.parts)}
        """
    )
    fflush(nil)
}

func run() async throws {
    let arguments = try Arguments()
    var feed = Feed(distinct: arguments.batches * arguments.rows)
    let batches = (0..<arguments.batches).map { _ in FlowBatch(capacity: arguments.rows + FlowDecoder.mostRows) }
    let options = EmbeddedStore.Options(
        folder: arguments.folder,
        library: try EngineLibrary.locate(configured: nil),
        memory: arguments.memory,
        batchRows: arguments.rows + FlowDecoder.mostRows,
        inserts: arguments.inserts,
        retentionDays: 7
    )
    feed.fill(batches, rows: arguments.rows)
    let store = try EmbeddedStore(options, lock: try FolderLock(folder: arguments.folder))
    var rows: Int { batches.reduce(0) { $0 + $1.count } }
    func appended(_ name: String) throws -> Round {
        let inserts = arguments.inserts
        let round = append(batches, to: store, inserts: inserts, name: name, seconds: arguments.seconds)
        guard round.rows > 0 else { throw StoreError(message: "nothing was stored in \(round.seconds) s") }
        return round
    }
    if arguments.seconds > 0 {
        let round = try appended("0")
        try await show(round, new: min(round.rows, rows), inserts: arguments.inserts, store: store)
    } else {
        for number in 0... {
            print("{\"ready\": \(rows)}")
            fflush(nil)
            guard readLine() != nil else { break }
            let round = try appended("\(number)")
            try await show(round, new: round.rows, inserts: arguments.inserts, store: store)
            feed.fill(batches, rows: arguments.rows)
        }
    }
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
