// swift-tools-version: 6.2
import PackageDescription

// What FlowMessageEncoder writes beside what swift-protobuf writes. A package of its own, since swift-protobuf takes
// longer to build than all of this program's targets that it is compared with; the links in Sources lead to those.
// Built and run by Scripts/compare-messages.sh.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "netmeta-swift-protobuf",
    platforms: [.macOS(.v26)],
    dependencies: [.package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0")],
    targets: [
        .target(name: "NetTypes", swiftSettings: strict),
        .target(name: "FlowSchema", dependencies: ["NetTypes"], swiftSettings: strict),
        .executableTarget(
            name: "CompareMessages",
            dependencies: ["NetTypes", "FlowSchema", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            swiftSettings: strict
        ),
    ]
)
