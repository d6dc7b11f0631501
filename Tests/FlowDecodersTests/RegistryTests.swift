import FlowDecoders
import Testing

@Suite("Registry")
struct RegistryTests {
    @Test("the page has a row for each element, once")
    func page() {
        let rows = ElementReference.markdown.split(separator: "\n").filter { $0.hasPrefix("| ") }
        let elements = rows.prefix { !$0.contains("10, 14") }.map { $0.split(separator: "|")[0] }.filter {
            $0.contains(/[0-9]/)
        }
        #expect(elements.count > 190 && Set(elements).count == elements.count)
        #expect(rows.contains("| 1 | octetDeltaCount | `Bytes` |"))
        #expect(rows.contains("| 58 | vlanId | `SrcVlan`, `VlanId` |"))
    }
}
