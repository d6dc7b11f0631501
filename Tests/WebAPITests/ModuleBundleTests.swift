import Foundation
import Testing

@testable import WebAPI

struct ModuleBundleTests {
    /// A script of files in a folder of its own.
    private func bundle(_ files: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "netmeta-modules-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        return try ModuleBundle(root: folder.path, start: "app.js") { $0.hasPrefix("vendor/") }.text
    }

    @Test func everyModuleIsAFunctionBehindThoseThatItImports() throws {
        let text = try bundle([
            "app.js": """
            import { a, b as c } from "./parts/one.js";
            import * as two from "./parts/two.js";
            c(a, two.url);
            """,
            "parts/one.js": """
            // One.
            import {
                url,
                x,
            } from "./two.js";
            export const a = url + x;
            export async function b() {}
            export class C {}
            """,
            "parts/two.js": """
            export * from "../vendor/lib.js";
            import { x } from "../vendor/lib.js";
            export const url = new URL("../y.js", import.meta.url) + x;
            """,
            "vendor/lib.js": "export{x}",
        ])
        #expect(
            text == """
                import * as module_0 from "./vendor/lib.js";
                // parts/two.js
                const module_1 = (() => {
                const { x } = module_0;
                const url = new URL("../y.js", new URL("./parts/two.js", import.meta.url).href) + x;
                return { ...module_0, url };
                })();
                // parts/one.js
                const module_2 = (() => {
                // One.
                const { url, x, } = module_1;
                const a = url + x;
                async function b() {}
                class C {}
                return { a, b, C };
                })();
                // app.js
                const module_3 = (() => {
                const { a, b: c } = module_2;
                const two = module_1;
                c(a, two.url);
                return {  };
                })();

                """
        )
    }

    @Test(arguments: [
        ("import \"./b.js\";", "app.js: unknown form"), ("import b from \"./b.js\";", "app.js: unknown form"),
        ("export default 1;", "app.js: unknown form"), ("export let a = 1;", "app.js: unknown form"),
        ("import { a } from \"b\";", "app.js: unknown form"), ("import { a } from", "app.js: unknown form"),
        ("import { a } from \"./app.js\";", "app.js > app.js"),
        ("import { a } from \"./none.js\";", "none.js can't be read"),
    ])
    func whatItDoesNotKnowIsSaid(module: String, problem: String) {
        let error = #expect(throws: ModuleBundle.Problem.self) { _ = try bundle(["app.js": module]) }
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
    }

    @Test func theConsoleIsOneScript() throws {
        let web = URL(filePath: #filePath).appending(path: "../../../Web").standardizedFileURL
        let text = try ModuleBundle(root: web.path, start: "app.js") { $0.hasPrefix("vendor/") }.text
        // Nothing but the view library is left to be asked for.
        let imports = text.matches(of: #/(?m)^import .*$/#).map(\.output)
        #expect(imports == ["import * as module_0 from \"./vendor/preact-htm.js\";"])
        #expect(text.matches(of: #/(?m)^export /#).isEmpty)
        #expect(text.contains("// views/overview.js\n"))
    }
}
