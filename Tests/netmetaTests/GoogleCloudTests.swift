import FlowDecoders
import Foundation
import Synchronization
import Testing

@testable import netmeta

@Suite struct ServiceAccounts {
    /// A key that was made for these tests, and nothing else.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDAPrvxIk1tWQLy
        9+ayHTamRq2OZSodr3i+du7LQNxU1JJgP7JHSqsa4JviX2PeTcvVLhMs3AlRcDi5
        xMjj6pnbhymZi9hhFhqtGvaI6XT++/KGgbeCJZ6/mhfvI5ez3CkoCPR0xtbGXFO3
        7RDrAIMTpsc9cQT9qUxICUPqZsvSX0B0NhDqpofbqjB5a24cmAqOZLEe6+dbg5wv
        +17fTRfL2WxOkOV1hOwlSJ++nweL3SVlDsKWs3RAcSMq34ssqAOmBhjAYB8GiXV7
        QXV+5B79Ko/B1GuLiFnrqnj15ow4Hsle3tWmgLrWUfYf4nlr6FxORyOR30YOmL4I
        rGbCtqFvAgMBAAECggEAEjUe2by09plKlTZzbAUmSuNAxs7ACWW4GtnqzedLtuEX
        J/SAbw4cXIRPX0ZHkCNwHbWqbUI9w6/MP5PqruNmRQttHjTHfpJ4XlLCbL8nrIqy
        MpkQh0wG2ADBKY4GbSt53mfSt0ipyMmvyCi0xH0c7PyLvD77CQdCyUPPYeDwhvEC
        hGm80wuOMEg5xmx2ssUpkDZduiW+BCozq7MlySFKHyVu6/L4crlIbINgf9ZNdlGb
        lfvOenLPkWyXKugcocbJzNLj314vJHX5i8AqiU/bMRzusZWx+wAqF0mT6bHO6IAM
        WtdKF88y7v4utvIsZQCFtRoZMV8hRs2KvuxU4IYWwQKBgQDgRMxvsA5v219z/bsu
        x/pXlb6IncLgeu3dF4uzXFKciNbeXsHqtwJER9X9h/XeyKdo1jCz7lhZz9qs6rVh
        tuhFR4FmEO9e228z5gc5lZWF1QP5bD4Au4LrYMO1A+QB0U5++eS5yysp4suH0fJW
        CaDgcfu7IMzCrN4I52q8IA1dzwKBgQDbcgLCEWA9dQkylBhM49x/5WQhJFeqs4mr
        OFM7palNq2ACju5unEoFntkVJqqXJX2rauL8yeAH/oA/lQhnABAvuRo4GSVWBYZQ
        hkSTCil/1Z3p1OQY37AYPfRI/IngtkrKYN4GSD85AvybNq5hsiv8eVvaIZ+fY5fA
        Xsn8Q0QKYQKBgQDaWGEpxCDqKozOYxQgwbYsG7B7Vg1rfIOlI81xfMs5d8iqi1sE
        59SfIclnoz1v/69t1Etqgv0lw8ZFX+XkEq4k9S84bfh/Q+kKgEQ8fjQrLm9GIWpk
        UCtweq9Px0/vrRZdbXKQqQuHJjW+MFteBNXKb28EizSPvLoXtScnrZUV5QKBgQC9
        CBsEHX+vsQ95OEUuhuI8cdetDOdPrlSa32wjZ3LN6yBLU+Bj+9FvwgPxylsM1EjK
        zso1Q5juifbjzndscot+8I57YH3e+edXmjGcEBbrfZIICVFrc9T3LPcvoAsNPTpz
        1rmq47VCYSZEdfgFRDvLwqay4l/kJyBjn8OSwEbuQQKBgBUUmVwvYY+3kAhNNdcZ
        N5LrIk9A49m/EJVVa9nB9ygCUF7qmwP2DCRw25n2p/897I831f6Go5j0b+nrE8E/
        nMa7oVl44Zj4cmcZJEkuZb86zPfiMccAbupOhRDPykzRnT8yyx/gCafOiG7100fX
        VqcElmvhxFRtMyXCM5DZA1mF
        -----END PRIVATE KEY-----
        """

    private func read(_ text: String) throws -> ServiceAccountKey {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        defer { unlink(path) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try ServiceAccountKey(reading: path)
    }

    private func file(_ key: String) throws -> String {
        let content = [
            "type": "service_account", "client_email": "flow@p.example", "token_uri": "https://token.example/token",
            "private_key_id": "k1", "private_key": key,
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: content), as: UTF8.self)
    }

    /// Python's cryptography signs the same.
    @Test func askWithASignedStatement() throws {
        let assertion = try read(file(Self.key)).assertion(scopes: ["one", "two"], now: 1_800_000_000, seconds: 3600)
        let content = """
            eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJodHRwczpcL1wvdG9rZW4uZXhhbXBsZVwvdG9r\
            ZW4iLCJleHAiOjE4MDAwMDM2MDAsImlhdCI6MTgwMDAwMDAwMCwiaXNzIjoiZmxvd0BwLmV4YW1wbGUiLCJzY29wZSI6Im9uZSB0\
            d28ifQ
            """
        let signature = """
            tN9lj6wSF7Oy7ZkWLRVuKlJjMbak4S9DqVpRe5nbGFG3OXR25u-wZokESYEr9CHMXdsnujnVSLMkOjnfYDo4Glg3lcn7ynaAndwp\
            sF3ADQxItfle0G79mYLHr88vjxddViCUP4vpMqF8SQUlMEfVVwFRceGhhQtLuZ3SFCpiGgoCiPy0xDXvgpmo4U6qx_dvrDU8J7yQ\
            -BC-yGQunZsSMmNXyq81JaHSeRqhZcHBo3L8dV_EnotD-yrmbsOkCdy0sP686hxHUq-YBVXK6pPABjrP6hlofDvJiAUYrhm7Lm_q\
            KjGHvYCJZVS7ZXNWZ0KoB_3D5YdJwteZIkHBhxcM8w
            """
        #expect(assertion == "\(content).\(signature)")
    }

    @Test(arguments: [
        "", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----",
        key.replacingOccurrences(of: "PRIVATE", with: "PUBLIC"), String(key.prefix(400)),
        key.replacingOccurrences(of: "\nMII", with: "\nMIQ"),
    ])
    func needAKey(text: String) throws {
        let failure = #expect(throws: Failure.self) { try read(file(text)) }
        #expect(failure?.description.contains("private_key") == true)
    }

    @Test func sayWhatIsWrongAndNothingElse() throws {
        let folder = FileManager.default.temporaryDirectory.path()
        for text in [
            "no JSON", #"{"type": "authorized_user", "refresh_token": "hidden"}"#,
            #"{"type": "service_account", "client_email": "a@b", "private_key": "hidden"}"#,
        ] {
            let failure = #expect(throws: Failure.self) { try read(text) }
            #expect(failure?.description.contains(folder) == true && failure?.description.contains("hidden") == false)
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
