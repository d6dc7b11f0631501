import NetTypes
import Telemetry

/// What routers tell of their routes, in the answer of `health`.
struct BMPBody: Encodable {
    var listen: String
    var sessions: UInt64
    var peers: Int
    var messages: UInt64
    var bytes: Int
    var limit: Int
    var problem: Nullable<String>
    var refused: [String: UInt64]
    var ended: [String: UInt64]
    var skipped: [String: UInt64]
    var lastBuild: Double
    var routers: [Router]

    struct Router: Encodable {
        var address: String
        var name: String
        var description: String
        var sessions: Int
        var prefixesV4: Int
        var prefixesV6: Int
        var routes: Int
        var heldViews: Int
        var refused: UInt64
        var bytes: Int
        var exporters: [String]
    }

    init(_ report: BMPReport) {
        listen = report.endpoint.description
        sessions = report.sessions
        peers = report.peers
        messages = report.messages
        bytes = report.bytes
        limit = report.mostBytes
        problem = Nullable(report.problem)
        refused = report.refused
        ended = report.ended
        skipped = report.skipped
        lastBuild = report.lastBuildSeconds
        routers = report.routers.map(Router.init)
    }
}

extension BMPBody.Router {
    init(_ router: BMPReport.Router) {
        address = router.address.description
        name = router.name
        description = router.description
        sessions = router.sessions
        prefixesV4 = router.prefixesV4
        prefixesV6 = router.prefixesV6
        routes = router.routes
        heldViews = router.heldViews
        refused = router.refused
        bytes = router.bytes
        exporters = router.exporters.map(\.description)
    }
}
