// swift-tools-version:6.0
// Two small apps over the Swift package: docs/EMBEDDING.md says how to run them.
import PackageDescription

let satchel = Target.Dependency.product(name: "Satchel", package: "apple")

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../platform/apple")],
    targets: [
        .executableTarget(name: "FirstNote", dependencies: [satchel]),
        .executableTarget(name: "Morning", dependencies: [satchel]),
    ],
    swiftLanguageModes: [.v6]
)
