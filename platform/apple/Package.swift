// swift-tools-version:6.0
// The Swift library of Satchel. On Linux over the libsatchel that pkg-config finds; on a Mac over Satchel.xcframework, which
// make-xcframework.sh builds beside this file.
import PackageDescription

#if os(macOS)
let engine = Target.binaryTarget(name: "CSatchel", path: "Satchel.xcframework")
#else
let engine = Target.systemLibrary(name: "CSatchel", pkgConfig: "satchel")
#endif

let package = Package(
    name: "Satchel",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Satchel", targets: ["Satchel"])],
    targets: [
        engine,
        .target(name: "Satchel", dependencies: ["CSatchel"]),
        .testTarget(name: "SatchelTests", dependencies: ["Satchel"]),
    ],
    swiftLanguageModes: [.v6]
)
