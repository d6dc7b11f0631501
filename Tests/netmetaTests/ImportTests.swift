import Foundation
import Testing

@testable import netmeta

@Suite struct ImportSummaries {
    @Test func isReadBackFromItsJSON() throws {
        var summary = ImportSummary()
        summary.files = 1
        summary.otherPackets = 2
        summary.rowsStored = UInt64.max
        summary.malformed = ["truncated": 3, "badLength": 4]
        let json = summary.json
        #expect(json.hasPrefix(#"{"files":1,"filesKnown":0,"#))
        let end =
            #""traces":0,"parallelTraces":0,"pings":0,"otherObjects":0,"malformed":{"badLength":4,"truncated":3}}"#
        #expect(json.contains(#""otherPackets":2,"#) && json.hasSuffix(end))
        #expect(try JSONDecoder().decode(ImportSummary.self, from: Data(json.utf8)) == summary)
    }

    @Test func addsEveryNumber() throws {
        let ones = try JSONDecoder().decode(ImportSummary.self, from: Data(Self.json(1).utf8))
        var sum = ones
        sum.add(ones)
        #expect(sum.json == Self.json(2))
    }

    /// A summary whose every number is `number`.
    private static func json(_ number: Int) -> String {
        var empty = ImportSummary()
        empty.malformed = ["truncated": 0]
        return empty.json.replacing(":0", with: ":\(number)")
    }
}

@Suite struct LocalTokens {
    @Test func onlyItsOwnerReadsIt() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // An old one with wide rights doesn't hand them on.
        let isOld = FileManager.default.createFile(
            atPath: folder + "/local.token",
            contents: Data("old".utf8),
            attributes: [.posixPermissions: 0o666]
        )
        #expect(isOld)
        let token = try LocalToken(writingInto: folder)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/local.token")
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let text = try LocalToken.read(folder: folder)
        #expect(text.count == 64)
        #expect(token.matches(text))
        #expect(!token.matches(text.uppercased() + "0"))
        #expect(!token.matches(String(text.dropLast())))
        #expect(!token.matches(""))
        let other = try LocalToken(writingInto: folder)
        #expect(!other.matches(text))
        LocalToken.remove(folder: folder)
        #expect(throws: Failure.self) { try LocalToken.read(folder: folder) }
    }
}
