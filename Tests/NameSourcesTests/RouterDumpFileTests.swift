import Enrichment
import NetTypes
import Testing

@testable import NameSources

@Suite("Files with a router's own table")
struct RouterDumpFileTests {
    @Test("what bird wrote, plain and as bzip2")
    func bird() throws {
        let v4 = try RouterDumpFile(fixture("mrt/bird_master4.mrt.bz2")).read(most: 1 << 20)
        #expect(v4.counters.prefixes == 1501 && v4.counters.malformed == 0 && v4.counters.skipped == 1)
        let route = try #require(v4.table.lookUp(IPAddress(185, 0, 222, 9)))
        #expect(route.prefixLength == 24 && route.attributes.nextHop == IPAddress(10, 88, 0, 1))
        #expect(Array(route.attributes.path) == [64500, 1299, 6939, 262_367])
        let v6 = try RouterDumpFile(fixture("mrt/bird_master6.mrt")).read(most: 1 << 20)
        #expect(v6.counters.prefixes == 301)
        let address = try #require(IPAddress("2a04:55::1"))
        let other = try #require(v6.table.lookUp(address))
        #expect(other.prefixLength == 32 && other.attributes.nextHop == IPAddress("2001:db8:88::1"))
        #expect(other.attributes.origin == 196_692)
    }

    @Test("what is no such file says why")
    func problems() {
        func reason(_ name: String, most: Int = 1 << 20) -> String {
            do throws(SourceError) {
                _ = try RouterDumpFile(fixture("mrt/" + name)).read(most: most)
                return ""
            } catch { return error.reason }
        }
        #expect(reason("asn.mmdb") != "" && reason("none.mrt") == "No such file or directory")
        #expect(reason("bird_master6.mrt", most: 1000).contains("enrichment.bmp.memory"))
    }
}
