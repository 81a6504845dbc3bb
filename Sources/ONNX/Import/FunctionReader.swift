import COnnx
import CoppiceIR

/// Puts functions of the model in the place of their calls.
struct FunctionReader {
  let functions: [String: UnsafeMutablePointer<FunctionProto>]
  let limits: Limits
  let budget: NodeBudget
  let draft: GraphDraft
  let log: ImportLog
  unowned let bodies: any BodyReader

  /// Puts the body of a function in the place of its call.
  func expand(
    _ function: UnsafeMutablePointer<FunctionProto>, _ key: String, _ call: ForeignCall,
    _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    let proto = function.pointee
    let (inputs, outputs) = (
      texts(proto.input, proto.n_input), texts(proto.output, proto.n_output)
    )
    guard !frame.calls.contains(key) else {
      throw DiagnosticMessage("function-recursion", "function '\(call.type)' calls itself")
    }
    guard frame.calls.count < limits.depth else {
      throw DiagnosticMessage(
        "call-depth",
        "functions call each other more than \(limits.depth) deep; --limit depth=N allows "
          + "more, up to 500")
    }
    guard call.operands.count <= inputs.count, call.outputs.count <= outputs.count else {
      throw DiagnosticMessage(
        "function-arity",
        "function '\(call.type)' takes \(inputs.count) operands and gives \(outputs.count) results")
    }
    draft.provenance.expandedFunctions = true
    let inner = Scope()
    for (index, name) in inputs.enumerated() {
      let operand = index < call.operands.count ? call.operands[index] : nil
      inner.names[name] = operand.map { .value($0) } ?? .absent
    }
    var body = frame
    body.attributes = attributes(of: proto, call)
    body.prefix = draft.uniquePrefix(call.name)
    body.calls.append(key)
    body.renamed = [:]
    for (name, result) in zip(outputs, call.outputs) where !result.isEmpty {
      body.renamed[name] = frame.name(result)
    }
    let imports = Declarations.opsets(
      messages(proto.opset_import, proto.n_opset_import), log)
    body.opsets = frame.opsets.merging(imports) { $1 }
    bodies.readNodes(messages(proto.node, proto.n_node), inner, body)
    var results: [ValueID?] = []
    for name in outputs.prefix(call.outputs.count) {
      switch inner.find(name) {
      case .value(let value)?: results.append(value)
      case .poisoned?: results.append(nil)
      case nil where budget.isSpent: results.append(nil)
      case .absent?, .collection?, nil:
        throw DiagnosticMessage(
          "function-output", "function '\(call.type)' does not compute its result '\(name)'")
      }
    }
    scope.defineResults(call, results, log)
  }

  /// The function's attributes: the call's, else the function's defaults.
  private func attributes(
    of function: FunctionProto, _ call: ForeignCall
  ) -> [String: UnsafeMutablePointer<AttributeProto>] {
    var attributes: [String: UnsafeMutablePointer<AttributeProto>] = [:]
    for attribute in messages(function.attribute_proto, function.n_attribute_proto) {
      attributes[text(attribute.pointee.name)] = attribute
    }
    return attributes.merging(call.attributes) { $1 }
  }
}
