import CReference
import FlowDecoders

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// usage: DecoderBenchmark [--verify] [--only swift|c] [--rounds N] [WORD...]
// Words choose mixes by name. Without --verify, verifies first and then measures.

struct Arguments {
    var verifyOnly = false
    var rounds = 201
    var only: String?
    var words: [String] = []

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--verify": verifyOnly = true
            case "--rounds": rounds = rest.popFirst().flatMap { Int($0) } ?? rounds
            case "--only": only = rest.popFirst()
            default: words.append(argument)
            }
        }
    }
}

func mixes() -> [(protocolName: String, mix: Mix)] {
    var v9 = NetFlowTraffic(isIPFIX: false)
    var ipfix = NetFlowTraffic(isIPFIX: true)
    var sflow = SFlowTraffic()
    return [
        ("v9", v9.oneTemplate()), ("v9", v9.thirtyTemplates()), ("v9", v9.shortRecords()),
        ("ipfix", ipfix.oneTemplate()), ("ipfix", ipfix.thirtyTemplates()), ("ipfix", ipfix.shortRecords()),
        ("sflow", sflow.usual()), ("sflow", sflow.v6()), ("sflow", sflow.short()),
    ]
}

func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
}

func text(_ value: Double, _ digits: Int) -> String {
    let scale = [1.0, 10, 100, 1000][digits]
    let number = Int((value * scale).rounded())
    guard digits > 0 else { return String(number) }
    let fraction = String(number % Int(scale))
    return "\(number / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// Records of one pass a second of CPU time, in millions.
func rate(_ pass: () -> Int) -> Double {
    let start = ref_cpu_seconds()
    let rows = pass()
    return Double(rows) / (ref_cpu_seconds() - start) / 1e6
}

/// Both sides of one mix, and how fast they were each time.
struct Race {
    private var swift = SwiftSide()
    private let c = CSide()
    private let mix: Mix
    private var rates: [(swift: Double, c: Double)] = []

    /// Lets both sides learn the templates.
    init(_ mix: Mix) {
        self.mix = mix
        _ = swift.decode(mix.templates)
        _ = c.decode(mix.templates)
    }

    /// One pass of each that isn't measured: other mixes have had the caches.
    mutating func warm() {
        _ = swift.decode(mix.datagrams)
        _ = c.decode(mix.datagrams)
    }

    /// One pass of each; who is first changes.
    mutating func run() {
        if rates.count % 2 == 0 {
            let ours = rate { swift.decode(mix.datagrams) }
            rates.append((ours, rate { c.decode(mix.datagrams) }))
        } else {
            let theirs = rate { c.decode(mix.datagrams) }
            rates.append((rate { swift.decode(mix.datagrams) }, theirs))
        }
    }

    /// Medians: of both rates, and of the ratios of each pair of passes.
    var result: (swift: Double, c: Double, ratio: Double) {
        (median(rates.map(\.swift)), median(rates.map(\.c)), median(rates.map { $0.swift / $0.c }))
    }
}

let arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
let chosen = mixes().filter { entry in
    arguments.words.isEmpty || arguments.words.contains { "\(entry.protocolName) \(entry.mix.name)".contains($0) }
}

if let only = arguments.only {
    // For a profiler: one side alone.
    for (_, mix) in chosen {
        var swift = SwiftSide()
        let c = CSide()
        _ = only == "c" ? c.decode(mix.templates) : swift.decode(mix.templates)
        for _ in 0..<arguments.rounds { _ = only == "c" ? c.decode(mix.datagrams) : swift.decode(mix.datagrams) }
    }
    exit(0)
}

var failed = 0
for (name, mix) in chosen {
    let differences = Verify.differences(mix)
    for difference in differences { print("\(name), \(mix.name): \(difference)") }
    if !differences.isEmpty { failed += 1 }
}
print("\(chosen.count - failed) mixes give the same columns in Swift and C, \(failed) don't")
guard failed == 0, !arguments.verifyOnly else { exit(failed == 0 ? 0 : 1) }

print("| protocol | mix | Swift M records/s | C M records/s | Swift / C |")
print("|---|---|---|---|---|")
var least = Double.infinity
// The machine is quick for some seconds and slow for some: every mix has its rounds over the whole run, some in a row.
var races = chosen.map { Race($0.mix) }
let roundsInARow = 8
for start in stride(from: 0, to: arguments.rounds, by: roundsInARow) {
    for index in races.indices {
        races[index].warm()
        for _ in start..<min(start + roundsInARow, arguments.rounds) { races[index].run() }
    }
}
for ((name, mix), race) in zip(chosen, races) {
    let result = race.result
    least = min(least, result.ratio)
    print("| \(name) | \(mix.name) | \(text(result.swift, 1)) | \(text(result.c, 1)) | \(text(result.ratio, 2)) |")
}
print("least ratio \(text(least, 2)); medians of \(arguments.rounds) rounds, CPU time")
exit(least >= 0.75 ? 0 : 2)
