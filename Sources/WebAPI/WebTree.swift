import Foundation

/// All files of the console as one thing with a version, and the page that names them by it.
struct WebTree {
    let root: String
    /// Changes when any file does.
    let tag: String
    private let paths: Set<String>

    /// Looks at the folder: size and time of every file, not its content.
    init(root: String) {
        self.root = root
        var facts: [String] = []
        var paths: Set<String> = []
        let keys: [URLResourceKey] = [.fileSizeKey, .contentModificationDateKey, .isRegularFileKey]
        let folder = FileManager.default.enumerator(
            at: URL(filePath: root),
            includingPropertiesForKeys: keys,
            options: [.skipsHiddenFiles]
        )
        while let file = folder?.nextObject() as? URL {
            guard let values = try? file.resourceValues(forKeys: Set(keys)), values.isRegularFile == true else {
                continue
            }
            let path = String(file.path.dropFirst(root.count + 1))
            let time = values.contentModificationDate?.timeIntervalSince1970 ?? 0
            paths.insert(path)
            facts.append("\(path) \(values.fileSize ?? 0) \(Int(time * 1000))")
        }
        self.paths = paths
        tag = Self.digest(facts.sorted().joined(separator: "\n"))
    }

    /// The page with its scripts and styles below the version, and with all
    /// modules named that the first one needs, so that a browser doesn't find
    /// them one level of imports after the other.
    func versioned(_ page: String) -> String {
        var page = page
        for path in paths {
            for attribute in ["href", "src"] {
                let plain = "\(attribute)=\"./\(path)\""
                page = page.replacingOccurrences(of: plain, with: "\(attribute)=\"./v/\(tag)/\(path)\"")
            }
        }
        let links = modules(from: "app.js").map { "<link rel=\"modulepreload\" href=\"./v/\(tag)/\($0)\">\n" }
        return page.replacingOccurrences(of: "</head>", with: links.joined() + "</head>")
    }

    /// The modules that a module imports, and those that they import, in the order in which they are found.
    private func modules(from start: String) -> [String] {
        var found = [start]
        var next = 0
        while next < found.count {
            let path = found[next]
            next += 1
            let folder = path.split(separator: "/").dropLast()
            guard let text = try? String(contentsOfFile: root + "/" + path, encoding: .utf8) else { continue }
            for line in text.split(separator: "\n") {
                guard line.hasPrefix("import ") || line.hasPrefix("export ") || line.hasPrefix("}"),
                    let name = Self.module(in: line)
                else { continue }
                let target = Self.resolve(name, from: folder)
                if paths.contains(target), !found.contains(target) { found.append(target) }
            }
        }
        return found.count == 1 && !paths.contains(start) ? [] : found
    }

    /// What stands between quotes behind `from`.
    private static func module(in line: Substring) -> Substring? {
        guard let from = line.range(of: " from \"./") ?? line.range(of: " from \"../") else { return nil }
        let rest = line[from.lowerBound...].dropFirst(7)
        return rest.firstIndex(of: "\"").map { rest[..<$0] }
    }

    private static func resolve(_ name: Substring, from folder: ArraySlice<Substring>) -> String {
        var parts = Array(folder)
        for part in name.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }

    /// FNV-1a of 64 bits: tells states apart, and protects nothing.
    private static func digest(_ text: String) -> String {
        let value = text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return String(value, radix: 36)
    }
}
