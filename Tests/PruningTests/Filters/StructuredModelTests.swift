import CoppiceIR
import CoppiceONNX
import CoppicePassManager
import CoppicePasses
import Foundation
import Testing

/// The small nets of `models/structured`.
enum StructuredModels {
  static let folder = "../shared/models/structured/"
  static var isThere: Bool { FileManager.default.fileExists(atPath: folder) }

  /// Each model and, where nothing can go, a part of the reason.
  static let models: [(name: String, refusal: String?)] = [
    ("attention_q_k_v_no_num_heads_given", nil), ("chain_bn_relu", nil), ("channel_shuffle", nil),
    ("concat", nil), ("convtranspose", nil), ("depthwise", nil), ("depthwise_multiplier_2", nil),
    ("flatten_linear", nil), ("gap_linear", nil), ("grouped_conv_g_2", nil),
    ("linear_lstm_linear", nil), ("mlp_3d_layernorm", "works over its channels"),
    ("permute_nhwc_flatten_linear", nil), ("prelu_8", nil), ("residual_add", nil),
    ("residual_with_input", "combines it with a value that is not pruned"),
    ("scalar_per_channel_const_mul", nil), ("se_block_mul_broadcast", nil), ("slice_y_2", nil),
    ("softmax_over_channels", "works over its channels"), ("split_3_5", nil),
    ("view_with_hard_coded_512", nil),
  ]
}

/// One structure in each model.
@Suite(.enabled(if: StructuredModels.isThere, "the shared models are not beside this folder"))
struct StructuredModelTests {
  @Test(arguments: StructuredModels.models.map(\.name), ["0.3", "0.5", "0.8"])
  func removalEqualsMasking(_ name: String, _ sparsity: String) throws {
    let graph = try ONNXImporter.load(StructuredModels.folder + name + ".onnx").graph
    let refusal = StructuredModels.models.first { $0.name == name }?.refusal
    let options = ["sparsity": sparsity, "scope": sparsity == "0.3" ? "global" : "local"]
    guard let refusal else {
      for attention in ["heads", "features"] {
        let options = options.merging(["attention": attention]) { $1 }
        let found = try FilterHarness.checkEquivalence(graph, options)
        let hasFewHeads = name.hasPrefix("attention") && attention == "heads" && sparsity == "0.3"
        #expect(found.isEmpty == hasFewHeads, "\(attention)")
      }
      return
    }
    let error = try #require(throws: Diagnostic.self) { try FilterHarness.prune(graph, options) }
    #expect(error.message.id == "prune-filters-none")
    #expect(error.message.notes.contains { $0.contains(refusal) })
  }
}
