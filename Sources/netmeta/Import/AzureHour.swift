import Foundation

/// The hour that a blob of Azure's flow logs is of, by its name: `…/y=2026/m=11/d=27/h=13/m=00/macAddress=…/PT1H.json`.
///
/// Azure appends to it until the hour is over, and a file is known by its content: one that was imported before its
/// end would be another one afterwards.
enum AzureHour {
    /// Seconds behind an hour's end until nothing is appended any more; Azure writes every few minutes.
    static let settling: UInt64 = 900

    /// The end of the hour, in Unix seconds; nil for a name that tells none.
    static func end(of path: String) -> UInt64? {
        let parts = path.split(separator: "/")
        for start in parts.indices.dropLast(3) {
            guard let year = number("y=", parts[start]), let month = number("m=", parts[start + 1]),
                let day = number("d=", parts[start + 2]), let hour = number("h=", parts[start + 3])
            else { continue }
            let hours = DateComponents(timeZone: .gmt, year: year, month: month, day: day, hour: hour)
            guard let date = Calendar(identifier: .gregorian).date(from: hours), date.timeIntervalSince1970 >= 0 else {
                return nil
            }
            return UInt64(date.timeIntervalSince1970) + 3600
        }
        return nil
    }

    private static func number(_ name: String, _ part: Substring) -> Int? {
        guard part.hasPrefix(name), part.count <= name.count + 4 else { return nil }
        return Int(part.dropFirst(name.count))
    }
}
