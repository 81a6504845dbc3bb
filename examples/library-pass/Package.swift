// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "rounding",
  dependencies: [.package(name: "coppice", path: "../..")],
  targets: [
    .executableTarget(
      name: "rounding",
      dependencies: [
        .product(name: "Coppice", package: "coppice"),
        .product(name: "CoppiceIR", package: "coppice"),
        .product(name: "CoppicePassManager", package: "coppice"),
      ])
  ]
)
