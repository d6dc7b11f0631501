import Foundation

/// The console's modules as one script.
///
/// A browser that has nothing yet handles each module as a request of its own,
/// which takes longer than all their text does. Here every module becomes a
/// function that is called once, behind those that it imports, and hands out
/// what it exports; nothing else of its text changes. This takes the forms of
/// imports and exports that the console has and no others: where it finds
/// another, the page is served module by module.
struct ModuleBundle {
    /// The script.
    let text: String

    /// Why modules can't be one script.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads a module and all that it imports.
    ///
    /// - Parameters:
    ///   - start: the path of the module below `root`; the script must be served beside it.
    ///   - isApart: whether a module stays a file of its own, which the script imports.
    /// - Throws: ``Problem`` with the file and what is wrong with it.
    init(root: String, start: String, isApart: @escaping (String) -> Bool) throws(Problem) {
        var reader = Reader(root: root, isApart: isApart)
        _ = try reader.name(of: start, importedBy: [])
        text = reader.imports + reader.functions
    }

    private struct Reader {
        let root: String
        let isApart: (String) -> Bool
        private(set) var imports = ""
        private(set) var functions = ""
        private var names: [String: String] = [:]

        init(root: String, isApart: @escaping (String) -> Bool) {
            self.root = root
            self.isApart = isApart
        }

        /// What the module is called in the script, where it stands from now on.
        mutating func name(of path: String, importedBy importers: [String]) throws(Problem) -> String {
            if let name = names[path] { return name }
            guard !importers.contains(path) else {
                let circle = (importers + [path]).joined(separator: " > ")
                throw Problem(description: "\(circle): modules that import each other")
            }
            let function = isApart(path) ? nil : try function(path, importers + [path])
            let name = "module_\(names.count)"
            if let function {
                functions += "// \(path)\nconst \(name) = (() => {\n\(function)})();\n"
            } else {
                imports += "import * as \(name) from \"./\(path)\";\n"
            }
            names[path] = name
            return name
        }

        /// A module's text with its imports taken from other functions, and its exports returned.
        private mutating func function(_ path: String, _ importers: [String]) throws(Problem) -> String {
            guard let source = try? String(contentsOfFile: root + "/" + path, encoding: .utf8) else {
                throw Problem(description: "\(path) can't be read")
            }
            var lines: [String] = []
            var exports: [String] = []
            var statement = ""
            for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
                if !statement.isEmpty || line.hasPrefix("import ") || line.hasPrefix("export *") {
                    // A list of names may take several lines.
                    statement += statement.isEmpty ? line : " " + line.trimmingPrefix { $0 == " " }
                    guard line.hasSuffix(";") else { continue }
                    guard let parsed = Import(statement) else {
                        throw Problem(description: "\(path): unknown form: \(statement)")
                    }
                    let target = Self.resolve(parsed.target, from: path)
                    let module = try name(of: target, importedBy: importers)
                    if parsed.isExported {
                        exports.append("...\(module)")
                    } else {
                        lines.append("const \(parsed.names) = \(module);")
                    }
                    statement = ""
                } else if line.hasPrefix("export ") {
                    guard let name = Self.declared(line) else {
                        throw Problem(description: "\(path): unknown form: \(line)")
                    }
                    exports.append(name)
                    lines.append(String(line.dropFirst(7)))
                } else {
                    lines.append(String(line))
                }
            }
            guard statement.isEmpty else { throw Problem(description: "\(path): unknown form: \(statement)") }
            let here = "new URL(\"./\(path)\", import.meta.url).href"
            let body = lines.joined(separator: "\n").replacingOccurrences(of: "import.meta.url", with: here)
            return "\(body)\nreturn { \(exports.joined(separator: ", ")) };\n"
        }

        /// What `export function name`, `export const name` and the like declare.
        private static func declared(_ line: Substring) -> String? {
            for kind in ["function ", "async function ", "async function* ", "class ", "const "] {
                let rest = line.dropFirst(7)
                guard rest.hasPrefix(kind) else { continue }
                let name = rest.dropFirst(kind.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }
                return name.isEmpty ? nil : String(name)
            }
            return nil
        }

        private static func resolve(_ target: String, from path: String) -> String {
            var parts = path.split(separator: "/").dropLast()
            for part in target.split(separator: "/") {
                switch part {
                case ".": continue
                case "..": _ = parts.popLast()
                default: parts.append(part)
                }
            }
            return parts.joined(separator: "/")
        }
    }

    /// One import of another file, or an export of all that it has.
    private struct Import {
        var isExported = false
        /// What the module's parts are called, as a constant is declared: `{ a, b: c }`, or `api`.
        var names = ""
        var target: String

        init?(_ statement: String) {
            let parts = statement.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].hasPrefix("."), parts[2] == ";" else { return nil }
            target = String(parts[1])
            let head = parts[0]
            if head == "export * from " {
                isExported = true
            } else if head.hasPrefix("import * as "), head.hasSuffix(" from ") {
                names = String(head.dropFirst(12).dropLast(6))
            } else if head.hasPrefix("import {"), head.hasSuffix("} from ") {
                names = head.dropFirst(7).dropLast(6).replacingOccurrences(of: " as ", with: ": ")
            } else {
                return nil
            }
        }
    }
}
