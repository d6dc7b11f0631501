// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, one for each way that strangers' bytes come in. A package of
// its own: it needs none of the server's dependencies, and unsafe flags are
// allowed only in root packages. The links in Sources lead to the real targets.
// Build and run by Scripts/fuzz.sh.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

/// libFuzzer brings the main function.
let fuzzer: [SwiftSetting] = strict + [.unsafeFlags(["-parse-as-library"])]

/// A target whose LLVMFuzzerTestOneInput libFuzzer calls.
func fuzz(_ name: String, _ dependencies: [Target.Dependency] = ["FuzzSupport"]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: fuzzer)
}

let package = Package(
    name: "netmeta-fuzz",
    platforms: [.macOS(.v26)],
    targets: [
        .target(name: "NetTypes", swiftSettings: strict),
        .target(name: "WireFormat", swiftSettings: strict),
        .target(name: "FlowSchema", dependencies: ["NetTypes"], swiftSettings: strict),
        .target(
            name: "FlowDecoders",
            dependencies: ["NetTypes", "WireFormat", "FlowSchema"],
            swiftSettings: strict
        ),
        .target(name: "Enrichment", dependencies: ["NetTypes", "WireFormat", "FlowSchema"], swiftSettings: strict),
        .target(name: "FlowQuery", dependencies: ["NetTypes", "FlowSchema"], swiftSettings: strict),
        .target(
            name: "FuzzSupport",
            dependencies: ["NetTypes", "WireFormat", "FlowSchema", "FlowDecoders"],
            swiftSettings: strict
        ),
        fuzz("FuzzNetFlow"),
        fuzz("FuzzIPFIX"),
        fuzz("FuzzSFlow"),
        fuzz("FuzzPacket", ["FlowSchema", "FlowDecoders"]),
        fuzz("FuzzCapture", ["FuzzSupport", "NetTypes", "WireFormat", "FlowDecoders"]),
        fuzz("FuzzRoutes", ["FuzzSupport", "NetTypes", "Enrichment"]),
        fuzz("FuzzBMP", ["FuzzSupport", "NetTypes", "Enrichment"]),
        fuzz("FuzzFilter", ["FuzzSupport", "NetTypes", "FlowSchema", "FlowQuery"]),
        fuzz("FuzzCloudLogs", ["FuzzSupport", "FlowSchema", "FlowDecoders"]),
        fuzz("FuzzFlowMessage", ["FuzzSupport", "FlowSchema"]),
        fuzz("FuzzWarts", ["FuzzSupport", "NetTypes", "FlowSchema", "FlowDecoders"]),
        fuzz("FuzzCanary", []),
    ]
)
