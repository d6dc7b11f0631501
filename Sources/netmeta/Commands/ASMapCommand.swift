import ArgumentParser
import Enrichment
import Foundation
import NameSources
import NetTypes

/// `netmeta asmap`: what files of routes and places say, without a server.
struct ASMapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "asmap",
        abstract: "Show which AS originates an address, by routing tables, MaxMind DBs and lists.",
        discussion: """
            Files are MRT dumps of routing tables (gzip and bzip2 too), MaxMind DBs, or comma-separated lines \
            `prefix,asn,country,city,name`. Of several the first that knows an address wins. Without --address every \
            prefix of the first file is printed as such a line; what was skipped goes to standard error.
            """
    )

    @Option(name: .long, help: "Look this address up; may be given several times.")
    var address: [String] = []

    @Argument(help: "Files, the most trusted first.")
    var files: [String]

    func run() throws {
        let addresses = try address.map { text in
            guard let address = IPAddress(text) else { throw UsageError("'\(text)' is no IP address") }
            return address
        }
        if addresses.isEmpty, files.count > 1 { throw UsageError("prefixes are printed of one file at a time") }
        var maps: [AddressMap] = []
        for file in files {
            var builder = AddressMapBuilder()
            do throws(SourceError) {
                Self.tell(try RouteFile(file).read(into: &builder), of: file)
            } catch {
                throw Failure(error.description)
            }
            if addresses.isEmpty { try Self.printRoutes(builder) } else { maps.append(builder.build()) }
        }
        if addresses.isEmpty { return }
        let map = AddressMap(merging: maps)
        for address in addresses { print(Self.line(address, in: map)) }
    }

    private static func line(_ address: IPAddress, in map: AddressMap) -> String {
        guard let match = map.lookUp(address) else { return "\(address): not in any file" }
        let place = map.places[Int(match.place)]
        let places = [place.country, place.city].filter { !$0.isEmpty }
        let origin = match.asn == 0 ? "AS unknown" : "AS\(match.asn)"
        return "\(address): " + (["\(origin), by a /\(match.prefixLength)"] + places).joined(separator: ", ")
    }

    private static func printRoutes(_ builder: AddressMapBuilder) throws {
        var output = OutputBuffer(descriptor: STDOUT_FILENO)
        try builder.forEachRoute { prefix, asn, place in
            var fields = ["\(prefix)", asn == 0 ? "" : "\(asn)"]
            if !place.country.isEmpty || !place.city.isEmpty { fields.append(place.country) }
            // Quotes and commas as RFC 4180 wants them.
            if !place.city.isEmpty { fields.append("\"" + place.city.replacing("\"", with: "\"\"") + "\"") }
            try output.write(fields.joined(separator: ",") + "\n")
        }
        try output.flush()
    }

    /// Counters and problems, for people.
    private static func tell(_ report: RouteFile.Report, of file: String) {
        let counters = report.counters
        var lines = ["\(file): \(report.format.rawValue), \(counters.records) records, \(counters.routes) prefixes"]
        for reason in RouteSkip.allCases where counters[reason] > 0 {
            lines.append("  skipped \(counters[reason]) \(reason.unit.name): \(reason.rawValue)")
        }
        if counters.contested > 0 { lines.append("  \(counters.contested) prefixes have several origins") }
        if counters.isTruncated { lines.append("  the file ends early; what was in it until then is kept") }
        lines += report.problems.map { "  \($0)" }
        FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    }
}

extension RouteSkip.Unit {
    fileprivate var name: String {
        switch self {
        case .record: "records"
        case .entry: "entries"
        case .prefix: "prefixes"
        }
    }
}
