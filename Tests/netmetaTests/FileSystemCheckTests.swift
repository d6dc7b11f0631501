import Testing

@testable import netmeta

@Suite("The doctor's look at the file system")
struct FileSystemCheckTests {
    private static let mounts = """
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
        29 27 0:25 / /dev/shm rw,relatime shared:5 master:1 - tmpfs tmpfs rw,size=24684084k
        42 27 7:0 / /srv/flow\\040data rw,relatime - ext4 /dev/loop0 rw
        43 27 0:30 / /srv/net rw - xfs /dev/sdb1 rw
        a line of some other kind
        """

    private func finding(_ path: String, mounts: String = Self.mounts) -> Finding {
        FileSystemCheck(path: path, mounts: mounts) { device in device == "loop0" }.finding()
    }

    @Test("warns of what forgets, and of ext4 without a journal; of the mounts the nearest counts")
    func grades() {
        #expect(finding("/var/lib/netmeta").grade == .warn)
        #expect(finding("/var/lib/netmeta").message.hasPrefix("ext4 without a journal at /:"))
        #expect(finding("/var/lib/netmeta").remedy.first?.contains("/dev/vda") == true)
        #expect(finding("/srv/flow data/here") == .ok("file system", "ext4 at /srv/flow data"))
        #expect(finding("/srv/net") == .ok("file system", "xfs at /srv/net"))
        // Its name only begins like a mount's.
        #expect(finding("/srv/network").message.hasPrefix("ext4 without a journal at /:"))
        #expect(finding("/dev/shm/data").message.hasPrefix("tmpfs at /dev/shm:"))
    }

    @Test("says so where the system tells nothing")
    func unknown() {
        #expect(finding("/srv", mounts: "").grade == .ok)
        #expect(finding("/srv", mounts: "1 2 3 4 5\n").message.contains("doesn't tell"))
    }
}
