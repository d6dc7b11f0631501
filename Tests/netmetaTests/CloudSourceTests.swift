import Foundation
import Testing
import WebAPI

@testable import netmeta

@Suite struct AWSSignatures {
    /// S3's own example ("Authenticating requests: using the authorization header", GET object).
    @Test func isThatOfAmazonsExample() throws {
        let keys = AWSKeys(id: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let request = AWSSignature.Request(
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/test.txt",
            headers: [("range", "bytes=0-9")]
        )
        let signature = AWSSignature(keys: keys, region: "us-east-1", service: "s3")
        let headers = signature.headers(for: request, time: 1_369_353_600)
        let proof = try #require(headers.first { $0.name == "authorization" }?.value)
        #expect(proof.hasSuffix("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"))
        #expect(proof.contains("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"))
    }

    /// The same page, listing objects.
    @Test func signsAQuery() throws {
        let keys = AWSKeys(id: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        let request = AWSSignature.Request(
            method: "GET",
            host: "examplebucket.s3.amazonaws.com",
            path: "/",
            query: [("prefix", "J"), ("max-keys", "2")]
        )
        let headers = AWSSignature(keys: keys, region: "us-east-1", service: "s3").headers(
            for: request,
            time: 1_369_353_600
        )
        let proof = try #require(headers.first { $0.name == "authorization" }?.value)
        #expect(proof.hasSuffix("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"))
    }

    @Test func escapesWhatIsReserved() {
        #expect(AWSSignature.escaped("a/b c=é~", keepsSlash: true) == "a/b%20c%3D%C3%A9~")
        #expect(AWSSignature.query([("b", "/"), ("a", "")]) == "a=&b=%2F")
    }
}

@Suite struct AWSKeyFiles {
    @Test func profilesAreKeptApart() {
        let text = """
            # comment
            [default]
            aws_access_key_id = A
            aws_secret_access_key=B
            [ other ]
            aws_access_key_id = C
            aws_secret_access_key = D=
            aws_session_token = E
            [empty]
            """
        #expect(AWSCredentials.keys(in: text, profile: "default") == AWSKeys(id: "A", secret: "B"))
        #expect(AWSCredentials.keys(in: text, profile: "other") == AWSKeys(id: "C", secret: "D=", session: "E"))
        #expect(AWSCredentials.keys(in: text, profile: "empty") == nil)
    }

    @Test func theEnvironmentComesBeforeAFile() async throws {
        let environment = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_SESSION_TOKEN": "C"]
        let keys = try await AWSCredentials(configured: nil, environment: environment).keys()
        #expect(keys == AWSKeys(id: "A", secret: "B", session: "C"))
        let configured = AWSKeys(id: "X", secret: "Y")
        #expect(try await AWSCredentials(configured: configured, environment: environment).keys() == configured)
    }
}

@Suite struct Notices {
    static let event = """
        {"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"flow-bucket"},"object":\
        {"key":"AWSLogs/year%3D2025/a+b.log.gz","size":12,"eTag":"e1"}}},{"eventName":"ObjectRemoved:Delete","s3":\
        {"bucket":{"name":"flow-bucket"},"object":{"key":"x"}}}]}
        """
    static let notice = ObjectNotice(bucket: "flow-bucket", key: "AWSLogs/year=2025/a b.log.gz", etag: "e1")

    @Test func ofS3AloneAndWithinSNS() throws {
        #expect(NoticeMessage(Self.event) == .objects([Self.notice]))
        let wrapped = try JSONSerialization.data(withJSONObject: ["Type": "Notification", "Message": Self.event])
        #expect(NoticeMessage(String(decoding: wrapped, as: UTF8.self)) == .objects([Self.notice]))
    }

    @Test func ofEventBridgeWithPlainKeys() {
        let text = #"{"detail":{"bucket":{"name":"b"},"object":{"key":"a%3Db+c","etag":"e"}}}"#
        #expect(NoticeMessage(text) == .objects([ObjectNotice(bucket: "b", key: "a%3Db+c", etag: "e")]))
    }

    @Test(arguments: [
        (#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#, NoticeMessage.nothing),
        (
            #"{"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}"#,
            .nothing
        ),
        (#"{"Type":"SubscriptionConfirmation","Message":"You have chosen"}"#, .nothing),
        (#"{"Type":"Notification","Message":"no JSON"}"#, .broken), ("{}", .broken), ("no JSON", .broken),
        (#"{"Records":[{"eventName":"ObjectCreated:Put"}]}"#, .broken),
    ])
    func ofOtherThings(text: String, message: NoticeMessage) {
        #expect(NoticeMessage(text) == message)
    }
}

@Suite struct Ledgers {
    @Test func outlivesItsProcessAndAHalfLine() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        defer { unlink(path) }
        let (one, two) = (
            ObjectLedger.id(bucket: "b", key: "1", etag: "e"), ObjectLedger.id(bucket: "b", key: "2", etag: "e")
        )
        let first = try ObjectLedger(path)
        #expect(first[one] == nil)
        try first.note(one, rows: 7, isComplete: false, path: "")
        try first.note(one, rows: 9, isComplete: true, path: "")
        try first.note(two, rows: 3, isComplete: false, path: "")
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("\(two) 5".utf8))
        let second = try ObjectLedger(path)
        #expect(second[one]?.rows == 9 && second[one]?.isComplete == true)
        #expect(second[two]?.rows == 3 && second[two]?.isComplete == false)
    }
}

@Suite struct XMLTexts {
    @Test func listingsAreRead() {
        let text =
            "<A><Contents><Key>a&amp;b%2Bc</Key></Contents><Contents><Key>d</Key></Contents><IsTruncated>true</IsTruncated></A>"
        #expect(XMLText.elements("Contents", in: text).map { XMLText.first("Key", in: $0) } == ["a&b%2Bc", "d"])
        #expect(XMLText.first("IsTruncated", in: text) == "true" && XMLText.first("Token", in: text) == nil)
        #expect(XMLText.elements("Contents", in: "<Contents>no end").isEmpty)
    }
}
