import Testing

@testable import netmeta

@Suite struct AzureHours {
    @Test(arguments: [
        ("resourceId=/X/y=2022/m=09/d=14/h=09/m=00/macAddress=00224871C205/PT1H.json", 1_663_149_600 as UInt64?),
        ("/logs/y=2026/m=01/d=01/h=00/m=00/PT1H.json", 1_767_229_200), ("PT1H.json", nil),
        ("y=2022/m=09/PT1H.json", nil),
        ("y=99999/m=09/d=14/h=09/PT1H.json", nil), ("y=2022/m=x/d=14/h=09/PT1H.json", nil),
    ])
    func endWithTheirHour(path: String, end: UInt64?) {
        #expect(AzureHour.end(of: path) == end)
    }
}
