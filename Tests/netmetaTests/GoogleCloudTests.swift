import FlowDecoders
import Foundation
import Synchronization
import Testing

@testable import netmeta

@Suite struct RSASignatures {
    /// A key that was made for this test, and nothing else: `openssl genpkey -algorithm RSA`.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAKA/KLE+KY/LtcNT
        ChGZsiIRiAcgM+GcQ+/FI/fHwEX+y0y1TNln/WUJdlnUzmX+WyOYLFWRmSCVxA3O
        fQLz7Y7MrLBM049vhdm79eagrG6nC2jx7j1OOEs/Hmd5/bqK7PBFfWTlnXSwkmTs
        leD3LDnqIlkW751JcQmvgMr49G/lAgMBAAECgYAr9qf3WJKWfND1MYcFpSEV77Fe
        IxuYvgJ1eaSQiiDaEzk7ZlIbI0iFu77YjmXB3bKrZUhkgXl9UxlioE/zy3BU2doS
        ZT8GniR2Hx/Pq4P60ezrIWka/jUXKFm+pFwYk1moxxLhWA2KJFng4+WeSt3eiege
        K4FO9D79h5QB9ejyAQJBANP5fIyTGeB/XD3xKk5sAo7j4Egyr8zEthZD6AWMfe3H
        bZ5TiQPooNSguru9p3qVzgz1+N28/cCX5mXORFKWyuECQQDBh1hwGZAU7tnueLUZ
        E5/kyYw3xJo3Pdt5mU1OlkygE4L7+FyNQx6q2ddUHoeBFaHqLXT1mlrik76sfMxU
        /ymFAkEAiU0moZ9+uW2FgBHAB3/qwEdWNS2vtYENOKrPlRiFUQlGNbGCJGgAFPnv
        OkAERWDXUInaozYRXziE4hiTJLPLwQJAGJJXrzv/qDi/YODglYOBXKoebIJA1ly7
        PhAx2ZWJuxVfHyDkl2b7QNQR2/NYXxJhEXueCwUDHxuFLR9XTj9rhQJAF+suLEQS
        vvDlRZedDRpLo6kHeRQ1i018MlYxDMjMBtP5Jn5PsoeqHHoXwVpWoEmRUn+GkQx7
        cmh7cIOkTpRS6g==
        -----END PRIVATE KEY-----
        """
    /// `printf header.claims | openssl dgst -sha256 -sign key.pem -hex`
    static let signature = """
        3696c1b70e69653e218cd1a2c0649086f692353cdb45b3baea15545b5318c59fc8ddf1e79a4d45106024f9dcc202a6ef1273\
        3095ce9edc05bc72bb4e8e5d03f15ad3989ad537d2d33506cb57fbc8574be3e529f87435db33919fcfa8d4a0c940ac0f15b7\
        2629e8ac27c221cbe8f67ed0de5dd58d916d9a6684081d9fbe908f6c
        """

    @Test func areThoseOfOpenSSL() throws {
        let signature = try RSASigner(pem: Self.key).signature(of: Array("header.claims".utf8))
        #expect(signature.map { String(format: "%02x", $0) }.joined() == Self.signature)
    }

    @Test(arguments: [
        "", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----",
        key.replacingOccurrences(of: "PRIVATE", with: "PUBLIC"), String(key.prefix(400)),
        key.replacingOccurrences(of: "\nMII", with: "\nMIQ"),
    ])
    func needAKey(text: String) {
        #expect(throws: Failure.self) { try RSASigner(pem: text) }
    }
}

@Suite struct ServiceAccounts {
    @Test func sayWhatIsWrongAndNothingElse() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        defer { unlink(path) }
        for text in [
            "no JSON", #"{"type": "authorized_user", "refresh_token": "hidden"}"#,
            #"{"type": "service_account", "client_email": "a@b", "private_key": "hidden"}"#,
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let failure = #expect(throws: Failure.self) { try ServiceAccountKey(reading: path) }
            #expect(failure?.description.contains(path) == true && failure?.description.contains("hidden") == false)
        }
    }
}

@Suite struct StorageNotices {
    private func notice(_ attributes: String) throws -> NoticeMessage {
        let text = #"{"messageId": "1", "attributes": {\#(attributes)}}"#
        return NoticeMessage(try JSONDecoder().decode(Subscription.Content.self, from: Data(text.utf8)))
    }

    @Test func tellOfNewObjectsOnly() throws {
        let object = #""bucketId": "b", "objectId": "a/b:c.json", "objectGeneration": "17""#
        #expect(
            try notice(#""eventType": "OBJECT_FINALIZE", \#(object)"#)
                == .objects([ObjectNotice(bucket: "b", key: "a/b:c.json", etag: "17")])
        )
        #expect(try notice(#""eventType": "OBJECT_DELETE", \#(object)"#) == .nothing)
        #expect(try notice(#""eventType": "OBJECT_FINALIZE""#) == .broken)
        #expect(try notice(#""logging.googleapis.com/timestamp": "x""#) == .broken)
    }
}

@Suite struct EntriesOfMessages {
    private func id(_ data: String?, message: String = "1") -> SeenMessages.ID {
        SeenMessages.ID(Subscription.Content(data: data.map { Data($0.utf8) }, attributes: nil, id: message))
    }

    @Test func areToldByWhatCloudLoggingCallsThem() {
        let entry = #"{"insertId": "i", "timestamp": "t", "logName": "l", "jsonPayload": {"x": 1}}"#
        #expect(id(entry) == id(entry, message: "2"))
        #expect(id(entry) != id(entry.replacing("\"i\"", with: "\"j\"")))
        #expect(id("no JSON") != id("no JSON", message: "2") && id(nil) == id("no JSON"))
    }

    @Test func areKnownBeyondTheProcess() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        defer {
            unlink(path)
            unlink(path + ".old")
        }
        let ids = (0..<5).map { SeenMessages.ID(high: 7, low: $0) }
        let first = try SeenMessages(path)
        try first.note(Array(ids[..<2]))
        try first.note([ids[2]])
        // A crash within an entry.
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data([1, 2, 3]))
        let second = try SeenMessages(path)
        try second.note([ids[3]])
        let third = try SeenMessages(path)
        #expect(ids.map(third.contains) == [true, true, true, true, false])
        // The older file counts, too.
        #expect(rename(path, path + ".old") == 0)
        #expect(ids.map(try SeenMessages(path).contains) == [true, true, true, true, false])
    }
}

@Suite struct WorkSideBySide {
    @Test func isBoundedAndWhole() async throws {
        let state = Mutex((now: 0, most: 0, done: Set<Int>()))
        try await concurrently(Array(0..<50), most: 4) { number in
            state.withLock { ($0.now, $0.most) = ($0.now + 1, max($0.most, $0.now + 1)) }
            await Task.yield()
            state.withLock { state in
                state.now -= 1
                state.done.insert(number)
            }
        }
        let end = state.withLock { $0 }
        #expect(end.done.count == 50 && end.most <= 4 && end.now == 0)
    }

    @Test func oneAtATimeHasAName() async throws {
        let locks = NameLocks()
        let inside = Atomic(0)
        try await concurrently(Array(0..<20), most: 20) { number in
            await locks.enter("a")
            #expect(inside.add(1, ordering: .relaxed).newValue == 1)
            await Task.yield()
            inside.subtract(1, ordering: .relaxed)
            await locks.leave("a")
        }
        // What nobody works on waits for nobody.
        await locks.enter("a")
        await locks.enter("b")
    }
}
