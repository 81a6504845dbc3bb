import COnnx
import CoppiceIR

/// A node on its way into the graph.
struct ForeignCall {
  let proto: UnsafeMutablePointer<NodeProto>
  let index: Int
  let type: String
  let domain: String
  let name: String
  let location: Location
  let outputs: [String]
  /// The attributes by name, those of the function's call in place of references to them.
  var attributes: [String: UnsafeMutablePointer<AttributeProto>] = [:]
  /// The attributes that were references.
  var references: [String: UnsafeMutablePointer<AttributeProto>] = [:]
  var operands: [ValueID?] = []
  var opset = 0
}

extension ForeignCall {
  /// The subgraphs: of If the chosen branch first, of others in the order of their attributes.
  var subgraphs: [UnsafeMutablePointer<GraphProto>] {
    let names = attributes.keys.sorted { left, right in
      (left == "then_branch" ? 0 : 1, left) < (right == "then_branch" ? 0 : 1, right)
    }
    return names.flatMap { name in attributes[name].map(CoppiceONNX.subgraphs) ?? [] }
  }
}
