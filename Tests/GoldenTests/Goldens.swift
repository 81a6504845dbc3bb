import CoppiceTestSupport
import Foundation

extension GoldenFile {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Goldens")

  static let all = all(in: folder)
}
