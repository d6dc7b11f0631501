import Glibc

/// A file that couldn't be read, with the system's reason.
struct FileProblem: Error, Sendable, CustomStringConvertible {
    let description: String
}

/// Reads a text file of up to a mebibyte, which is more than any configuration needs.
func readText(_ path: String) throws(FileProblem) -> String {
    let limit = 1 << 20
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileProblem(description: "\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 {
            if errno == EINTR { continue }
            throw FileProblem(description: "\(path): \(String(cString: strerror(errno)))")
        }
        if count == 0 { break }
        bytes += buffer[..<count]
        guard bytes.count <= limit else { throw FileProblem(description: "\(path): larger than \(limit) bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw FileProblem(description: "\(path): not UTF-8 text")
    }
    return text
}
