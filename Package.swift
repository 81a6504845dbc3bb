// swift-tools-version: 6.3
import PackageDescription

// `make fuzz` sets it to libFuzzer's archive: everything is instrumented, and the fuzzers are added.
let fuzzer = Context.environment["COPPICE_LIBFUZZER"]

let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
  ] + (fuzzer == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer"])])

/// Tests are compiled as they stand: optimising them takes longer than running them.
let testSettings = settings + [.unsafeFlags(["-Onone"])]

let package = Package(
  name: "coppice",
  products: [
    .executable(name: "coppice", targets: ["CLI"]),
    .library(name: "CoppiceIR", targets: ["CoppiceIR"]),
    .library(name: "CoppicePassManager", targets: ["CoppicePassManager"]),
    .library(name: "Coppice", targets: ["Coppice"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/onevcat/Rainbow", exact: "4.2.2"),
  ],
  targets: [
    .target(name: "CoppiceIR", path: "IR", swiftSettings: settings),
    .target(name: "CPluginABI", path: "Sources/CPluginABI"),
    .testTarget(
      name: "CoppiceIRTests", dependencies: ["CoppiceIR", "CoppiceTestSupport"],
      path: "Tests/IRTests", swiftSettings: testSettings),
    .target(
      name: "CoppiceFiles", path: "Sources/Files", swiftSettings: settings),
    .target(
      name: "CoppiceJSON", dependencies: ["CoppiceIR"], path: "Sources/JSON",
      swiftSettings: settings),
    .target(
      name: "CoppicePassManager", dependencies: ["CoppiceFiles", "CoppiceIR", "CPluginABI"],
      path: "Sources/PassManager", swiftSettings: settings),
    .testTarget(
      name: "CoppiceGoldenTests",
      dependencies: [
        "CoppiceIR", "CoppicePassManager", "CoppicePasses", "CoppiceTestSupport",
      ],
      path: "Tests/GoldenTests", exclude: ["Goldens"], swiftSettings: testSettings),
    .testTarget(
      name: "CoppicePassManagerTests", dependencies: ["CoppiceIR", "CoppicePassManager"],
      path: "Tests/PassManagerTests", swiftSettings: testSettings),
    .target(
      name: "CoppicePasses", dependencies: ["CoppiceIR", "CoppicePassManager", "CoppiceRecords"],
      path: "Passes", swiftSettings: settings),
    .target(
      name: "COnnx", path: "Sources/COnnx", linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(
      name: "CoppiceONNX",
      dependencies: [
        "CoppiceFiles", "CoppiceIR", "COnnx", .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Sources/ONNX", swiftSettings: settings),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CoppiceRecords",
      dependencies: ["CoppiceFiles", "CoppiceIR", "CoppiceJSON", "CZlib"],
      path: "Sources/Records",
      swiftSettings: settings),
    .target(
      name: "CoppiceLowering", dependencies: ["CoppiceIR"], path: "Sources/Lowering",
      swiftSettings: settings),
    .testTarget(
      name: "CoppiceLoweringTests",
      dependencies: ["CoppiceIR", "CoppiceLowering", "CoppiceTestSupport"],
      path: "Tests/LoweringTests", exclude: ["Goldens"], swiftSettings: testSettings),
    .target(
      name: "CoppiceC", dependencies: ["CoppiceIR", "CoppiceJSON", "CoppiceLowering"],
      path: "Sources/CBackend", swiftSettings: settings),
    .testTarget(
      name: "CoppiceCTests", dependencies: ["CoppiceIR", "CoppiceLowering", "CoppiceC"],
      path: "Tests/CBackendTests", swiftSettings: testSettings),
    .target(
      name: "Coppice",
      dependencies: [
        "CoppiceFiles", "CoppiceIR", "CoppiceJSON", "CoppicePassManager", "CoppicePasses",
        "CoppiceONNX", "CoppiceRecords", "CoppiceLowering", "CoppiceC",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Sources/Coppice", swiftSettings: settings),
    .executableTarget(
      name: "CLI",
      dependencies: [
        "CoppiceFiles", "CoppiceIR", "CoppiceJSON", "CoppicePassManager", "CoppicePasses",
        "CoppiceLowering", "CoppiceC", "Coppice",
        .product(name: "ArgumentParser", package: "swift-argument-parser"), "Rainbow",
      ],
      path: "Sources/CLI", swiftSettings: settings,
      linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic"])]),
    .target(name: "CoppiceTestSupport", path: "Tests/Support", swiftSettings: settings),
    .executableTarget(
      name: "evaluator-benchmark",
      dependencies: [
        "Coppice", "CoppiceIR", "CoppiceONNX", "CoppicePassManager", "CoppicePasses",
      ],
      path: "Tests/Benchmarks/Evaluator", swiftSettings: settings),
    .executableTarget(
      name: "random-layers", dependencies: ["CoppiceIR", "CoppiceLowering", "CoppiceC"],
      path: "Tests/GeneratedC/Layers", swiftSettings: settings),
    .testTarget(
      name: "CoppiceCLITests", dependencies: ["CoppiceTestSupport"], path: "Tests/CLITests",
      exclude: [
        "half_encoder.py", "loop_models.py", "pruned_models.py", "written_models.py", "faults.c",
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "CoppiceDriverTests",
      dependencies: [
        "Coppice", "CoppiceIR", "CoppiceONNX", "CoppicePassManager", "CoppicePasses",
        "CoppiceRecords", "CoppiceTestSupport",
      ],
      path: "Tests/DriverTests", exclude: ["Records", "Fixtures", "digits_taylor.py"],
      swiftSettings: testSettings),
    .testTarget(
      name: "CoppiceONNXTests",
      dependencies: ["CoppiceIR", "CoppiceONNX", "CoppiceTestSupport"],
      path: "Tests/ONNXTests", exclude: ["reference_models.py"], swiftSettings: testSettings),
    .testTarget(
      name: "CoppiceRecordsTests", dependencies: ["CoppiceIR", "CoppiceRecords"],
      path: "Tests/RecordsTests", exclude: ["Fixtures"], swiftSettings: testSettings),
    .testTarget(
      name: "CoppiceDocumentationTests", dependencies: ["CoppiceIR", "CoppiceTestSupport"],
      path: "Tests/DocumentationTests", swiftSettings: testSettings),
    .testTarget(
      name: "CoppicePruningTests",
      dependencies: [
        "CoppiceIR", "CoppicePassManager", "CoppicePasses", "CoppiceONNX", "CoppiceLowering",
        "CoppiceRecords",
      ],
      path: "Tests/PruningTests", exclude: ["folded_reference.py", "half_reference.py"],
      swiftSettings: testSettings),
    .target(
      name: "CoppiceFuzzTargets",
      dependencies: [
        "Coppice", "CoppiceFiles", "CoppiceIR", "CoppiceONNX", "CoppicePassManager",
        "CoppicePasses", "CoppiceRecords",
      ],
      path: "Tests/Fuzz/Targets", swiftSettings: settings),
    .testTarget(
      name: "CoppiceFuzzTests", dependencies: ["CoppiceFuzzTargets", "CoppiceTestSupport"],
      path: "Tests/Fuzz/Replay", swiftSettings: testSettings),
  ]
)

if let fuzzer {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["CoppiceFuzzTargets"], path: "Tests/Fuzz/Driver",
      swiftSettings: settings,
      linkerSettings: [.unsafeFlags([fuzzer]), .linkedLibrary("stdc++"), .linkedLibrary("m")]))
}
