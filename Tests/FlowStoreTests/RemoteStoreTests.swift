import FlowSchema
import NetTypes
import Synchronization
import Testing

@testable import FlowStore

/// The parts of the driver for ClickHouse servers, without a server.
struct RemoteStoreTests {
    @Test("CityHash 1.0.2 of ClickHouse's blocks, as clickhouse-cityhash gives it")
    func cityHash() {
        let known: [(Int, UInt64, UInt64)] = [
            (0, 0x3df0_9dfc_64c0_9a2b, 0x3cb5_40c3_92e5_1e29), (3, 0x3108_fa6b_1da1_6986, 0x3230_1bf0_c250_612d),
            (9, 0x8088_5008_a99d_77f2, 0x0854_364f_e84a_ef88), (20, 0xc50d_5188_dd3f_0cd4, 0xbc67_8d2c_1155_160a),
            (127, 0x4f13_561d_5be0_76e7, 0x38f8_d0cd_e624_97c7), (128, 0xcf62_d3c7_adbc_75a9, 0x74ba_dcfa_53f7_ac90),
            (150, 0xcdda_fb4a_0a71_73c0, 0x8de2_43b6_ff3b_b730), (300, 0x3d44_54ae_b58d_912b, 0x183e_5532_b8f0_c27c),
        ]
        for (count, low, high) in known {
            let bytes = (0..<count).map { UInt8(($0 * 7 + count) % 251) }
            let hash = bytes.withUnsafeBytes { CityHash.hash128($0) }
            #expect(hash == CityHash.Hash(low: low, high: high), "\(count) bytes")
        }
    }

    @Test("LZ4 blocks give back what was packed, whatever it is")
    func lz4() {
        var random = SystemRandomNumberGenerator()
        for count in [0, 1, 5, 12, 13, 14, 64, 1000, 70_000] {
            for kind in 0..<4 {
                let bytes = (0..<count).map { index -> UInt8 in
                    switch kind {
                    case 0: 0
                    case 1: UInt8.random(in: 0...255, using: &random)
                    case 2: UInt8(truncatingIfNeeded: index / 3)
                    default: UInt8.random(in: 0...3, using: &random)
                    }
                }
                var packed: [UInt8] = []
                bytes.withUnsafeBytes { LZ4.compress($0, into: &packed) }
                #expect(Self.unpacked(packed) == bytes, "\(count) bytes of kind \(kind)")
                if kind == 0, count > 1000 { #expect(packed.count < count / 100) }
            }
        }
    }

    /// The format's definition, read back plainly.
    private static func unpacked(_ packed: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var at = 0
        func length(_ start: Int) -> Int {
            var value = start
            guard start == 15 else { return value }
            repeat {
                value += Int(packed[at])
                at += 1
            } while packed[at - 1] == 255
            return value
        }
        while at < packed.count {
            let token = packed[at]
            at += 1
            let literals = length(Int(token >> 4))
            output += packed[at..<at + literals]
            at += literals
            guard at < packed.count else { break }
            let offset = Int(packed[at]) | Int(packed[at + 1]) << 8
            at += 2
            for _ in 0..<length(Int(token & 15)) + 4 { output.append(output[output.count - offset]) }
        }
        return output
    }

    @Test("a server that fails is left alone for a while, longer each time, and others are asked meanwhile")
    func failOver() {
        var endpoints = RemoteEndpoints(["a", "b"])
        let start = ContinuousClock.now
        #expect(endpoints.order(now: start) == ["a", "b"])
        endpoints.failed("a", now: start)
        #expect(endpoints.order(now: start) == ["b"])
        endpoints.failed("b", now: start)
        #expect(endpoints.order(now: start).isEmpty)
        #expect(Set(endpoints.order(now: start + .seconds(2))) == ["a", "b"])
        endpoints.failed("a", now: start + .seconds(2))
        #expect(endpoints.order(now: start + .milliseconds(3900)) == ["b"])
        endpoints.worked("b")
        #expect(endpoints.order(now: start + .seconds(10)) == ["b", "a"])
        for second in 10..<20 { endpoints.failed("a", now: start + .seconds(second * 40)) }
        #expect(endpoints.order(now: start + .seconds(19 * 40 + 29)) == ["b"])
        #expect(endpoints.order(now: start + .seconds(19 * 40 + 30)).contains("a"))
    }

    @Test("failures are read with and without the header, of old and of new servers, and at the end of a good answer")
    func failures() {
        func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
        let new = RemoteError.failure(
            status: 404,
            headers: ["x-clickhouse-exception-code": "60"],
            body: bytes("Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE) (version 26.9)")
        )
        #expect(new.code == 60 && new.message.hasPrefix("Unknown table x."))
        let old = RemoteError.failure(
            status: 404,
            headers: [:],
            body: bytes(
                "Code: 60, e.displayText() = DB::Exception: Table default.x doesn't exist., e.what() = DB::Exception\n"
            )
        )
        #expect(old.code == 60 && old.message == "Table default.x doesn't exist.")
        let passedOn = RemoteError.failure(
            status: 500,
            headers: [:],
            body: bytes("Code: 60. DB::Exception: Received from a:9000. DB::Exception: no. (UNKNOWN_TABLE)")
        )
        #expect(passedOn.code == 60 && passedOn.message.hasPrefix("Received from a:9000."))
        let told = RemoteError.failure(
            status: 500,
            headers: [:],
            body: bytes("Code: 60. DB::Exception: Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE)")
        )
        #expect(told.code == 60 && told.message == "Unknown table x. (UNKNOWN_TABLE)")
        let proxy = RemoteError.failure(status: 502, headers: [:], body: bytes("<html>Bad Gateway"))
        #expect(proxy.code == 0 && proxy.message.contains("502"))
        let late = RemoteError.failure(
            atEndOf: bytes(
                "1\n2\n\r\n__exception__\r\nabc\r\nCode: 241. DB::Exception: Memory. (MEMORY_LIMIT_EXCEEDED)\n51 abc\r\n__exception__\r\n"
            )
        )
        #expect(late?.code == 241)
        #expect(RemoteError.failure(atEndOf: bytes("1\nCode: 5\nDB::\n")) == nil)
    }

    @Test("answers are read by their types, and cut or strange ones are refused")
    func rowBinary() throws {
        // SELECT 1, NULL, ['a','bc'], ::1, an Enum, a Map, a DateTime, -2, and 'x' of low cardinality, as ClickHouse 26.9 writes it.
        let types = [
            "UInt8", "Nullable(Nothing)", "Array(String)", "IPv6", "Enum8('a' = 1, 'it\\'s' = 2)",
            "Map(String, UInt16)",
            "DateTime('UTC')", "Int16", "LowCardinality(String)", "Tuple(a UInt8, b String)",
        ]
        var bytes: [UInt8] = [UInt8(types.count)]
        for index in types.indices { bytes += [2] + Array("c\(index)".utf8) }
        for type in types { bytes += [UInt8(type.utf8.count)] + Array(type.utf8) }
        bytes += [1, 1, 2, 1, 0x61, 2, 0x62, 0x63] + [UInt8](repeating: 0, count: 15) + [1]
        bytes += [2, 1, 1, 0x6B, 7, 0, 0x80, 0, 0, 0, 0xFE, 0xFF, 1, 0x78, 9, 1, 0x79]
        let result = try RowBinaryReader.read(bytes, limit: 1, elapsed: 0)
        #expect(
            result.columns.map { $0.values[0] } == [
                .uint(1), .null, .array([.string("a"), .string("bc")]), .address(IPAddress(high: 0, low: 1)),
                .string("it's"), .map([.init(key: .string("k"), value: .uint(7))]), .time(128), .int(-2), .string("x"),
                .array([.uint(9), .string("y")]),
            ]
        )
        for count in 1..<bytes.count {
            #expect(throws: StoreError.self) {
                _ =
                    try RowBinaryReader.read(Array(bytes[..<count]), limit: 1, elapsed: 0).rowCount == 1
                    ? () : { throw StoreError(message: "none") }()
            }
        }
        #expect(throws: StoreError.self) {
            _ = try RowBinaryReader.read(bytes + bytes.suffix(10), limit: 1, elapsed: 0)
        }
        #expect(throws: StoreError.self) { _ = try ColumnType("AggregateFunction(sum, UInt8)") }
    }
}
