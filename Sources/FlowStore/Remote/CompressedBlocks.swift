/// ClickHouse's own compressed blocks, in which it takes what is inserted (`decompress=1`) and gives answers
/// (`compress=1`): a checksum, nine bytes of header, and the packed bytes.
public enum CompressedBlocks {
    /// LZ4, in ClickHouse's list of methods.
    private static let method: UInt8 = 0x82
    private static let headerBytes = 9
    /// Bytes that are packed together at the most.
    private static let most = 1 << 20

    /// The bytes as blocks.
    public static func wrap(_ bytes: [UInt8]) -> [UInt8] {
        var blocks: [UInt8] = []
        blocks.reserveCapacity(bytes.count / 2 + 64)
        bytes.withUnsafeBytes { append($0, to: &blocks) }
        return blocks
    }

    /// Appends bytes as blocks.
    static func append(_ bytes: UnsafeRawBufferPointer, to blocks: inout [UInt8]) {
        var start = 0
        while start < bytes.count {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + most)])
            append(block: piece, to: &blocks)
            start += piece.count
        }
    }

    private static func append(block bytes: UnsafeRawBufferPointer, to blocks: inout [UInt8]) {
        var block = [UInt8](repeating: 0, count: headerBytes)
        block.reserveCapacity(headerBytes + LZ4.bound(bytes.count))
        LZ4.compress(bytes, into: &block)
        block[0] = method
        put(UInt64(block.count), count: 4, at: 1, in: &block)
        put(UInt64(bytes.count), count: 4, at: 5, in: &block)
        let hash = block.withUnsafeBytes { CityHash.hash128($0) }
        for half in [hash.low, hash.high] {
            withUnsafeBytes(of: half.littleEndian) { blocks.append(contentsOf: $0) }
        }
        blocks.append(contentsOf: block)
    }

    /// The lowest byte first.
    private static func put(_ value: UInt64, count: Int, at place: Int, in bytes: inout [UInt8]) {
        for index in 0..<count { bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }
}
