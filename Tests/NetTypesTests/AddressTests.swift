import NetTypes
import Testing

@Suite("Addresses")
struct AddressTests {
    @Test(
        "text round-trips in RFC 5952 form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("2001:db8::1", "2001:db8::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("fe80::", "fe80::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "192.0.2.1"), ("[::1]", "::1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ]
    )
    func roundTrip(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(address.description) == address)
        #expect(IPAddress(address.ipv6Description) == address)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", ".", ":", ":::", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.+4", "01234.1.1.1", "1::2::3",
            "12345::",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1%eth0", "1.2.3.4:5", "g::", "1:2:3:4:5:6:7::8:", "::ffff:1.2.3",
            "-1::", "1:2:3:4:5:6:7:8::",
        ]
    )
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("prefixes hold what they should")
    func prefixes() throws {
        let v4 = try #require(Prefix("192.0.2.77/24"))
        #expect(v4.description == "192.0.2.0/24")
        #expect(v4.contains(IPAddress(192, 0, 2, 255)) && !v4.contains(IPAddress(192, 0, 3, 0)))
        #expect(v4.last == IPAddress(192, 0, 2, 255))
        let v6 = try #require(Prefix("2001:db8:1::/48"))
        #expect(v6.last == IPAddress("2001:db8:1:ffff:ffff:ffff:ffff:ffff"))
        #expect(!v6.contains(IPAddress(192, 0, 2, 1)))
        let all = try #require(Prefix("::/0"))
        #expect(all.contains(IPAddress(192, 0, 2, 1)) && all.description == "::/0")
        #expect(try #require(Prefix("0.0.0.0/0")).description == "0.0.0.0/0")
        #expect(Prefix("192.0.2.1")?.length == 32)
        for wrong in ["192.0.2.0/33", "::/129", "192.0.2.0/", "/24", "192.0.2.0/+8", "x/8"] {
            #expect(Prefix(wrong) == nil)
        }
    }

    @Test("MAC addresses and endpoints")
    func others() throws {
        #expect(MACAddress("00:11:22:aa:bb:cc")?.bits == 0x0011_22AA_BBCC)
        #expect(MACAddress("0011.22aa.bbcc") == MACAddress("00-11-22-AA-BB-CC"))
        #expect(MACAddress(bits: 0x0011_22AA_BBCC).description == "00:11:22:aa:bb:cc")
        #expect(MACAddress("00:11:22:aa:bb") == nil && MACAddress("zz:11:22:aa:bb:cc") == nil)
        #expect(IPEndpoint("[::1]:2055")?.address == IPAddress("::1"))
        #expect(IPEndpoint("127.0.0.1:2055")?.description == "127.0.0.1:2055")
        #expect(IPEndpoint("::1:2055") == nil && IPEndpoint("127.0.0.1") == nil && IPEndpoint("127.0.0.1:99999") == nil)
    }

    @Test(
        "times as RFC 3339",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (951_782_400, 0, "2000-02-29T00:00:00Z"),
            (1_800_000_000, 500_000_000, "2027-01-15T08:00:00.500Z"),
            (4_102_444_799, 1, "2099-12-31T23:59:59.000000001Z"),
            (1_709_251_199, 1_000, "2024-02-29T23:59:59.000001Z"),
        ] as [(UInt64, UInt32, String)]
    )
    func times(seconds: UInt64, nanoseconds: UInt32, text: String) {
        #expect(Timestamp.rfc3339(seconds: seconds, nanoseconds: nanoseconds) == text)
    }
}
