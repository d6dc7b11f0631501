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
// of ROWS rows, are appended for SECONDS, INSERTS at a time. What the engine refuses (too little memory while
// merges are behind) is tried again, as the server does, and counted. Prints one line of JSON.

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
            words.dropFirst().map { Int($0) ?? 0 } + [60, 1_000_000, 5, 4_000_000_000, 2].dropFirst(words.count - 1)
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
    let now = UInt64(Date().timeIntervalSince1970 * 1000)
    var fleet = LoadFleet(protocol: .mixed, distinct: UInt64(count * rows), now: now)
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
    // As the server hands them to the store.
    let order = RowOrder()
    return (0..<count).map { _ in
        let batch = FlowBatch(capacity: rows + FlowDecoder.mostRows)
        while batch.count < rows {
            _ = fleet.export(exporter: exporter, datagrams: 32, now: now, into: &writer)
            decode(exporter, into: batch)
            exporter = (exporter + 1) % fleet.exporters.count
        }
        batch.seal()
        order.apply(to: batch)
        return batch
    }
}

/// CPU time of all threads of the process, the engine's included.
func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func run() throws {
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
            // They came just now, as rows do that are received.
            batch.fill(.timeReceived, 0..<batch.count, with: UInt32(Date().timeIntervalSince1970))
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
    guard rows > 0 else { throw StoreError(message: "nothing was stored in \(elapsed) s") }
    print(
        """
        {"rows": \(rows), "inserts": \(arguments.inserts), "seconds": \(elapsed), "rowsPerSecond": \(Double(rows) / elapsed), \
        "cpuSeconds": \(cpu), "refused": \(refused.load(ordering: .relaxed))}
        """
    )
    fflush(nil)
    store.close()
    // The engine's threads may still be on their way out of the library.
    _exit(0)
}

do {
    try run()
} catch {
    FileHandle.standardError.write(Data("StoreBenchmark: \(error)\n".utf8))
    exit(1)
}
