/// An operator that combines the elements along some axes to one.
///
/// A conforming type says how a total starts, takes an element, and becomes the result; inference,
/// lowering and the adaption of older opsets follow from that.
public protocol Reduction: Operator {
  /// The type that totals are kept in.
  func accumulator(_ element: ElementType) -> ElementType

  /// The total of no elements.
  func start(_ element: ElementType) -> Expr

  /// The total with one element more, both in the accumulator's type.
  func combine(_ total: Expr, _ element: Expr) -> Expr

  /// The result from the total of `count` elements.
  func finish(_ total: Expr, count: Int) -> Expr

  /// Whether bools can be reduced.
  var takesBool: Bool { get }
}

extension Reduction {
  /// The schema that all reductions share.
  static func reductionSchema(_ name: String) -> OperatorSchema {
    .reduction(name)
  }

  /// The operand's type.
  ///
  /// - Parameter element: The operand's type.
  /// - Returns: The same.
  public func accumulator(_ element: ElementType) -> ElementType { element }

  /// Zero.
  ///
  /// - Parameter element: The accumulator's type.
  /// - Returns: The total of no elements.
  public func start(_ element: ElementType) -> Expr { .constant(0, element) }

  /// The total itself.
  ///
  /// - Parameters:
  ///   - total: Of all elements.
  ///   - count: How many there were.
  /// - Returns: The result, in the accumulator's type.
  public func finish(_ total: Expr, count: Int) -> Expr { total }

  /// Numbers only.
  public var takesBool: Bool { false }

  /// Moves the `axes` attribute of older opsets to an operand.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: Nothing.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.moveAttribute("axes", toOperand: 1)
  }

  /// The axes that are reduced.
  ///
  /// - Parameter context: The axes must be known.
  /// - Returns: Counted from the front, ascending; empty when the operand passes through.
  /// - Throws: `axis-range`, `axis-twice`, `unknown-value`.
  public func axes(_ context: InferenceContext) throws(DiagnosticMessage) -> [Int] {
    let data = try context.type(0)
    let given = context.has(1) ? try context.integers(1, "the axes") : []
    if given.isEmpty { return settings.flag("noop_with_empty_axes") ? [] : Array(0..<data.rank) }
    return try distinctAxes(given, rank: data.rank).sorted()
  }

  /// Extents of 1 at the reduced axes, or none without `keepdims`.
  ///
  /// - Parameter context: The axes must be known.
  /// - Returns: One type.
  /// - Throws: `element-type`, `axis-range`, `axis-twice`, `unknown-value`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    guard takesBool || data.element != .bool else {
      throw DiagnosticMessage("element-type", "operand 0 is \(data); this operator takes numbers")
    }
    let axes = try axes(context)
    return [TensorType(data.element, reducedShape(data.shape, axes, keep: keepsAxes))]
  }

  /// The axes that lead to the declared shape, if only one choice does.
  ///
  /// Axes of extent 1 make no difference.
  ///
  /// - Parameter context: The operands, and the declared types of the results.
  /// - Returns: Operands by number.
  public func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    context.impliedAxes(keep: keepsAxes)
  }

  fileprivate var keepsAxes: Bool { settings.flag("keepdims") }

  /// A loop over the reduced axes for each element of the result.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`, `axis-range`, `axis-twice`, `unknown-value`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try builder.lowerReduction(self)
  }

  /// Always.
  public var storesOnce: Bool { true }
}

/// The shape that is left after a reduction.
///
/// - Parameters:
///   - shape: Before it.
///   - axes: The reduced axes.
///   - keep: Whether they are kept with extent 1.
/// - Returns: The extents.
public func reducedShape(_ shape: [Int], _ axes: [Int], keep: Bool) -> [Int] {
  if keep { return shape.indices.map { axes.contains($0) ? 1 : shape[$0] } }
  return shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
}

/// Where an element of a reduction's result lies.
package struct ReducedPlace {
  /// The index in the operand, 0 at the reduced axes.
  package var index: [Expr]
  /// The reduced axes.
  package var axes: [Int]

  /// The index in the result.
  package func result(_ keep: Bool) -> [Expr] {
    keep ? index : index.indices.filter { !axes.contains($0) }.map { index[$0] }
  }
}

extension OperatorSchema {
  @inline(never)
  fileprivate static func reduction(_ name: String) -> OperatorSchema {
    OperatorSchema(
      name, operands: ["data", "axes?"], results: ["reduced"],
      attributes: ["keepdims": .int(1), "noop_with_empty_axes": .int(0)])
  }
}

extension InferenceContext {
  /// The axes that lead to the declared shape of a reduction.
  @inline(never)
  fileprivate func impliedAxes(keep: Bool) -> [Int: ImpliedOperand] {
    guard let (count, result) = shown(1), let data = operands[0] else { return [:] }
    let sets = choices(of: count, in: data.rank) { axes in
      reducedShape(data.shape, axes, keep: keep) == result.shape
    }
    let reduced = Set(sets.map { axes in axes.filter { data.shape[$0] != 1 } })
    guard reduced.count == 1 else { return [:] }
    return ImpliedOperand(axes: sets, rank: data.rank).map { [1: $0] } ?? [:]
  }
}

extension LoopBuilder {
  /// The loops of a reduction; not compiled for each of them.
  fileprivate func lowerReduction(_ op: any Reduction) throws(DiagnosticMessage) {
    let (x, y) = (try operand(0), try result())
    let axes = try op.axes(context)
    let keepsAxes = op.keepsAxes
    let type = op.accumulator(x.element)
    let count = axes.reduce(1) { $0 * x.shape[$1] }
    reduce(x, axes) { place, visit in
      let total = declare("total", op.start(type))
      visit { element in
        assign(total, op.combine(.variable(total), element.converted(to: type)))
      }
      let value = op.finish(.variable(total), count: count).converted(to: y.element)
      store(value, to: y, at: place.result(keepsAxes))
    }
  }

  /// Loops over what a reduction leaves; `visit` then loops over the reduced axes, as often as it is
  /// called.
  package func reduce(
    _ x: TensorView, _ axes: [Int],
    _ body: (_ place: ReducedPlace, _ visit: ((Expr) -> Void) -> Void) -> Void
  ) {
    loops(reducedShape(x.shape, axes, keep: true)) { index in
      body(ReducedPlace(index: index, axes: axes)) { each in
        loops(axes.map { x.shape[$0] }, "k") { inner in
          var place = index
          for (axis, part) in zip(axes, inner) { place[axis] = part }
          each(x[place])
        }
      }
    }
  }
}
