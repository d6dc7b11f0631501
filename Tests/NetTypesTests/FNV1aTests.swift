import NetTypes
import Testing

@Suite("The hash FNV-1a")
struct FNV1aTests {
    /// Its authors' own examples, which go with the draft that describes it (draft-eastlake-fnv).
    @Test(
        "published texts have the published hashes",
        arguments: [("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8)]
            as [(String, UInt64)]
    )
    func examples(text: String, hash: UInt64) {
        #expect(FNV1a(text.utf8).value == hash)
    }

    @Test("a number is its bytes, the lowest first")
    func numbers() {
        var hash = FNV1a()
        hash.add(0x7261_626F_6F66 as UInt64)
        #expect(hash.value == FNV1a("foobar\0\0".utf8).value)
    }
}
