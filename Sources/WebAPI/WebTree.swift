import Foundation
import NetTypes

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

    /// What the first module and all that it imports are called as one script.
    private static let script = "app.js"
    /// What the page's styles are called as one sheet.
    private static let styles = "styles.css"

    /// The page with its scripts and styles below the version, and with one
    /// sheet of styles in the place of several, which is a request less each.
    func versioned(_ page: String) -> String {
        var page = page
        if let first = sheets(of: page).first {
            for sheet in sheets(of: page).dropFirst().reversed() { page.removeSubrange(sheet.range) }
            page.replaceSubrange(first.range, with: "<link rel=\"stylesheet\" href=\"./v/\(tag)/\(Self.styles)\">\n")
        }
        for path in paths {
            for attribute in ["href", "src"] {
                let plain = "\(attribute)=\"./\(path)\""
                page = page.replacingOccurrences(of: plain, with: "\(attribute)=\"./v/\(tag)/\(path)\"")
            }
        }
        return page
    }

    /// What stands at a path below the version and is made of several files; nil for what is one file.
    func joined(_ path: String) -> String? {
        switch path {
        case Self.script:
            // Where that fails the browser asks for each module, and a test says why (ModuleBundleTests).
            return try? ModuleBundle(root: root, start: path) { $0.hasPrefix("vendor/") }.text
        case Self.styles:
            guard let page = text("index.html") else { return nil }
            return sheets(of: page).compactMap { text($0.path) }.joined(separator: "\n")
        default: return nil
        }
    }

    /// Where the page names its styles, a line each.
    private func sheets(of page: String) -> [(path: String, range: Range<String.Index>)] {
        page.matches(of: #/ *<link rel="stylesheet" href="\./([^"]+)">\n/#).compactMap { link in
            let path = String(link.1)
            return paths.contains(path) ? (path, link.range) : nil
        }
    }

    private func text(_ path: String) -> String? {
        try? String(contentsOfFile: root + "/" + path, encoding: .utf8)
    }

    /// Tells states apart, and protects nothing.
    private static func digest(_ text: String) -> String { String(FNV1a(text.utf8).value, radix: 36) }
}
