import CoppiceIR
import Testing

/// Every operator meets operands and attributes that no exporter would write.
@Suite struct HostileNodesTests {
  private static let names = OperatorRegistry.all.map { $0.schema.name }.sorted()

  private static func operatorType(_ name: String) -> (any Operator.Type)? {
    OperatorRegistry.all.first { $0.schema.name == name }
  }

  @Test(arguments: names) func infersOrRefusesAndStaysInside(_ name: String) throws {
    let type = try #require(Self.operatorType(name))
    var nodes = HostileNodes(seed: name)
    for _ in 0..<500 {
      let (op, context) = (nodes.node(type), nodes.context(type))
      guard let results = try? op.inferTypes(context) else { continue }
      #expect(results.allSatisfy { $0.shape.allSatisfy { $0 >= 0 } })
      let small = results.allSatisfy { product($0.shape).value <= 4096 }
      guard small, context.operands.allSatisfy({ ($0?.count ?? 0) <= 256 }) else { continue }
      do {
        _ = try Interpreter.evaluate(op: op, context: context)
      } catch {
        #expect(
          error.id != "compiler-fault", "\(error) for \(op.attributes) and \(context.operands)")
      }
    }
  }
}
