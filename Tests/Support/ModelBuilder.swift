/// One extent of a declared shape.
package enum Dim: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  case extent(Int)
  case symbol(String)
  package init(integerLiteral value: Int) { self = .extent(value) }
  package init(stringLiteral value: String) { self = .symbol(value) }
}

/// ONNX's messages, by the field numbers of the format.
package enum Onnx {
  package static func tensor(
    _ name: String, _ type: Int, _ dims: [Int], raw: [UInt8]? = nil,
    also: (inout Wire) -> Void = { _ in }
  ) -> Wire {
    Wire { wire in
      for dim in dims { wire.int(1, dim) }
      wire.int(2, type)
      wire.text(8, name)
      if let raw { wire.data(9, raw) }
      also(&wire)
    }
  }

  package static func external(_ name: String, _ dims: [Int], _ entries: [(String, String)]) -> Wire
  {
    tensor(name, 1, dims) { wire in
      for (key, value) in entries {
        wire.message(
          13,
          Wire {
            $0.text(1, key); $0.text(2, value)
          })
      }
      wire.int(14, 1)
    }
  }

  package static func value(_ name: String, _ type: Int, _ dims: [Dim]?) -> Wire {
    let shape = dims.map { dims in
      Wire { wire in
        for dim in dims {
          wire.message(
            1,
            Wire {
              switch dim {
              case .extent(let extent): $0.int(1, extent)
              case .symbol(let symbol): if !symbol.isEmpty { $0.text(2, symbol) }
              }
            })
        }
      }
    }
    let tensor = Wire { wire in
      wire.int(1, type)
      if let shape { wire.message(2, shape) }
    }
    return Wire {
      $0.text(1, name); $0.message(2, Wire { $0.message(1, tensor) })
    }
  }

  package static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], name: String = "",
    domain: String = "", attributes: [Wire] = []
  ) -> Wire {
    Wire { wire in
      for input in inputs { wire.text(1, input) }
      for output in outputs { wire.text(2, output) }
      if !name.isEmpty { wire.text(3, name) }
      wire.text(4, type)
      for attribute in attributes { wire.message(5, attribute) }
      if !domain.isEmpty { wire.text(7, domain) }
    }
  }

  package static func attribute(_ name: String, kind: Int, _ fill: (inout Wire) -> Void) -> Wire {
    Wire {
      $0.text(1, name); fill(&$0); $0.int(20, kind)
    }
  }

  package static func ints(_ name: String, _ values: [Int]) -> Wire {
    attribute(name, kind: 7) { wire in for value in values { wire.int(8, value) } }
  }

  package static func strings(_ name: String, _ values: [String]) -> Wire {
    attribute(name, kind: 8) { wire in for value in values { wire.text(9, value) } }
  }

  package static func int(_ name: String, _ value: Int) -> Wire {
    attribute(name, kind: 2) { $0.int(3, value) }
  }

  package static func graph(
    _ nodes: [Wire], inputs: [Wire], outputs: [Wire], initializers: [Wire] = [],
    also: (inout Wire) -> Void = { _ in }
  ) -> Wire {
    Wire { wire in
      for node in nodes { wire.message(1, node) }
      wire.text(2, "main")
      for tensor in initializers { wire.message(5, tensor) }
      for input in inputs { wire.message(11, input) }
      for output in outputs { wire.message(12, output) }
      also(&wire)
    }
  }

  package static func model(
    _ graph: Wire, opset: Int = 17, ir: Int = 8, domains: [String] = [], version: Int = 1,
    functions: [Wire] = [], also: (inout Wire) -> Void = { _ in }
  ) -> [UInt8] {
    Wire { wire in
      wire.int(1, ir)
      wire.message(7, graph)
      wire.message(
        8,
        Wire {
          $0.text(1, ""); $0.int(2, opset)
        })
      for domain in domains {
        wire.message(
          8,
          Wire {
            $0.text(1, domain); $0.int(2, version)
          })
      }
      for function in functions { wire.message(25, function) }
      also(&wire)
    }.bytes
  }

  package static func function(
    _ name: String, _ inputs: [String], _ outputs: [String], _ nodes: [Wire],
    attributes: [String] = []
  ) -> Wire {
    Wire { wire in
      wire.text(1, name)
      for input in inputs { wire.text(4, input) }
      for output in outputs { wire.text(5, output) }
      for attribute in attributes { wire.text(6, attribute) }
      for node in nodes { wire.message(7, node) }
      wire.message(
        9,
        Wire {
          $0.text(1, ""); $0.int(2, 17)
        })
      wire.text(10, "test")
    }
  }

  /// One node between `x` and `y`, both of f32[1,4].
  package static func oneNode(
    _ node: Wire, initializers: [Wire] = [], opset: Int = 17, ir: Int = 8,
    input: Wire = value("x", 1, [1, 4]), output: Wire = value("y", 1, [1, 4])
  ) -> [UInt8] {
    model(
      graph([node], inputs: [input], outputs: [output], initializers: initializers), opset: opset,
      ir: ir)
  }
}
