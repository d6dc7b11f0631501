import CBzip2
import CGzip

/// What came of inflating a piece.
enum InflateResult {
    /// All of it was taken.
    case goOn
    /// The receiver wants no more.
    case enough
    /// It can't be inflated.
    case damaged
}

/// Inflates a stream piece by piece.
protocol Inflater: AnyObject {
    /// Whether the data may end here.
    var isBetweenStreams: Bool { get set }
    /// Where inflated bytes are put.
    var output: [UInt8] { get set }
    /// One call of the library; 0 within a stream, 1 at the end of one, -1 for damage.
    func step(
        _ input: UnsafePointer<UInt8>?,
        _ inputLeft: inout Int,
        _ output: UnsafeMutablePointer<UInt8>?,
        _ outputLeft: inout Int
    )
        -> Int32
}

extension Inflater {
    /// Inflates the next bytes and hands out what they become.
    func inflate(_ piece: ArraySlice<UInt8>, _ body: (RawSpan) -> Bool) -> InflateResult {
        piece.withUnsafeBufferPointer { input in
            var left = input.count
            while true {
                let before = left
                var room = output.count
                let size = room
                let status = output.withUnsafeMutableBufferPointer { target in
                    step(input.baseAddress.map { $0 + (input.count - before) }, &left, target.baseAddress, &room)
                }
                if size > room, !body(output.span.bytes.extracting(0..<(size - room))) { return .enough }
                if status < 0 { return .damaged }
                if left != before || size != room { isBetweenStreams = status == 1 }
                // There may be more to come of what was taken while the output was full.
                if left == 0, room > 0 || status == 1 { return .goOn }
                if left == before, size == room { return .damaged }
            }
        }
    }
}

/// gzip, with the system's zlib.
final class GzipInflater: Inflater {
    var isBetweenStreams = false
    var output = [UInt8](repeating: 0, count: 1 << 20)
    private let state = netmeta_gunzip_open()

    deinit { if let state { netmeta_gunzip_close(state) } }

    func step(
        _ input: UnsafePointer<UInt8>?,
        _ inputLeft: inout Int,
        _ output: UnsafeMutablePointer<UInt8>?,
        _ outputLeft: inout Int
    ) -> Int32 {
        guard let state else { return -1 }
        return netmeta_gunzip_step(state, input, &inputLeft, output, &outputLeft)
    }
}

/// bzip2, with the system's libbz2.
final class Bzip2Inflater: Inflater {
    var isBetweenStreams = false
    var output = [UInt8](repeating: 0, count: 1 << 20)
    private let state = netmeta_bunzip_open()

    deinit { if let state { netmeta_bunzip_close(state) } }

    func step(
        _ input: UnsafePointer<UInt8>?,
        _ inputLeft: inout Int,
        _ output: UnsafeMutablePointer<UInt8>?,
        _ outputLeft: inout Int
    ) -> Int32 {
        guard let state else { return -1 }
        return netmeta_bunzip_step(state, input, &inputLeft, output, &outputLeft)
    }
}
