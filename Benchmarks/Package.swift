// swift-tools-version: 6.2
import PackageDescription

// Decoders beside a reference in C, in one process, the store alone, fed
// with batches that are ready, and the map of addresses. A package of its own, so that it builds without
// the server's dependencies; the links in Sources lead to the real targets.
// Run by Scripts/bench.sh and Benchmarks/ingest.py.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "netmeta-benchmarks",
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
        .target(name: "CReference", cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])]),
        .executableTarget(
            name: "DecoderBenchmark",
            dependencies: ["NetTypes", "FlowSchema", "FlowDecoders", "CReference"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "MessageBenchmark",
            dependencies: ["NetTypes", "FlowSchema", "CReference"],
            swiftSettings: strict
        ),
        .target(name: "VirtualExporters", dependencies: ["NetTypes", "FlowSchema"], swiftSettings: strict),
        .target(name: "Enrichment", dependencies: ["NetTypes", "WireFormat", "FlowSchema"], swiftSettings: strict),
        .target(name: "CGzip", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CBzip2", linkerSettings: [.linkedLibrary("bz2")]),
        .target(name: "CNetSNMP"),
        .target(name: "OwnThreads", swiftSettings: strict),
        .target(
            name: "NameSources",
            dependencies: ["NetTypes", "WireFormat", "Enrichment", "OwnThreads", "CGzip", "CBzip2", "CNetSNMP"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "AddressMapBenchmark",
            dependencies: ["NetTypes", "Enrichment", "NameSources", "VirtualExporters"],
            swiftSettings: strict
        ),
        .target(name: "CArrowDatabase"),
        .target(
            name: "FlowStore",
            dependencies: ["NetTypes", "FlowSchema", "OwnThreads", "CArrowDatabase"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "StoreBenchmark",
            dependencies: ["NetTypes", "FlowSchema", "FlowDecoders", "VirtualExporters", "FlowStore"],
            swiftSettings: strict
        ),
    ]
)
