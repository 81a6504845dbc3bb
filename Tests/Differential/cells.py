"""A graph for an operator, one of its type variables and an element type: drawn by the operator's recipe, or drawn and retyped."""
import re

import numpy as np
import onnx
from onnx import helper

import templates
from declarations import NEWEST, TYPES
from drawing import Drawing, Graph, Node, Rejected, number_type
from narrow import CODES, HALVES, is_code, is_float, is_small_float

TRIES = 12
ML = "ai.onnx.ml."
# Attributes that name the element type of a result.
NAMING = ("to", "dtype", "output_dtype", "output_datatype", "stash_type")
# Types that no oracle has numbers of.
DATA = {name: getattr(onnx.TensorProto, name.upper())
        for name in ("string", "float6e2m3", "float6e3m2")}
NUMPY = {"float": "float32", "double": "float64", **CODES}
SHOWN = {"float": "float32", "double": "float64"}


class Cell:
    def __init__(self, name, variable, kind):
        self.name, self.variable, self.kind = name, variable, kind
        self.graph, self.why = None, ""

    @property
    def key(self):
        return (self.name, self.variable, self.kind)

    def __str__(self):
        return f"{self.name} {self.variable}={self.kind}"


def schema_of(name, newest=NEWEST):
    """The newest form of an operator that is not deprecated."""
    domain, _, plain = name.rpartition(".")
    for version in range(newest if not domain else 10, 0, -1):
        try:
            schema = onnx.defs.get_schema(plain, version, domain)
        except onnx.defs.SchemaError:
            continue
        if not schema.deprecated:
            return schema
    return None


def variables(schema):
    """The type variables of operands and results with the element types of tensors that they stand for, by ONNX's names."""
    used = list(dict.fromkeys(part.type_str for part in [*schema.inputs, *schema.outputs]))
    allowed = {each.type_param_str: each.allowed_type_strs for each in schema.type_constraints}
    for name in used:
        kinds = [re.fullmatch(r"tensor\((\w+)\)", text) for text in allowed.get(name, [name])]
        kinds = {SHOWN.get(kind[1], kind[1]) for kind in kinds if kind}
        if kinds:
            yield name if name in allowed else SHOWN.get(name[7:-1], name[7:-1]), sorted(kinds)


def parts_of(schema, variable):
    """The names of the operands and results that a variable stands for."""
    own = {variable, *(f"tensor({name})" for name in (variable, *(k for k, v in SHOWN.items() if v == variable)))}
    return [part.name for part in [*schema.inputs, *schema.outputs] if part.type_str in own]


class Drawer:
    def __init__(self, declarations, oracle, recipes):
        self.declarations, self.oracle, self.recipes = declarations, oracle, recipes

    def fill(self, cell):
        """Gives the cell a graph, and says why it has none that an oracle computed."""
        if cell.name in templates.TEMPLATES:
            cell.graph = templates.graph(cell.name, cell.variable, cell.kind)
            return
        if cell.name == ML + "CategoryMapper":
            cell.graph = templates.categories(cell.variable, cell.kind)
            return
        if cell.name in templates.DIRECT:
            cell.graph = templates.direct(cell.name, cell.variable, cell.kind)
            return
        forced = NUMPY.get(cell.kind, cell.kind)
        for attempt in range(2 * TRIES):
            # Recipes may give one type to operands of several variables.
            variable = cell.variable if attempt < TRIES else "*"
            self.declarations.forced = (cell.name, variable, forced)
            try:
                graph = self.draw(cell.name, attempt)
            except (Rejected, TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
                cell.why = cell.why or f"{type(error).__name__}: {error}"
                continue
            if graph and self.has(graph, cell, forced):
                cell.graph = graph
                break
        else:
            self.retype(cell, forced)
        self.declarations.forced = None

    def draw(self, name, attempt):
        drawing = Drawing(np.random.default_rng([7, attempt]), self.declarations, self.oracle)
        self.recipes[name](drawing, name)
        graph = drawing.finish()
        return graph if graph.nodes else None

    def parts(self, graph, cell):
        """The names of the operands and of the results that have the variable's type, in the one node of the operator."""
        node = next(n for n in graph.nodes if n.op == cell.name)
        schema = schema_of(cell.name)
        own = set(parts_of(schema, cell.variable))
        pick = lambda names, parts: [n for i, n in enumerate(names) if n and parts[min(i, len(parts) - 1)].name in own]
        return node, pick(node.operands, schema.inputs), pick(node.results, schema.outputs)

    def has(self, graph, cell, dtype):
        if not any(node.op == cell.name for node in graph.nodes):
            return False
        _, operands, results = self.parts(graph, cell)
        return any(str(graph.array(name).dtype) == dtype for name in [*operands, *results])

    def retype(self, cell, dtype):
        """Takes the node with other types, and gives the variable's operands and results this one."""
        self.declarations.forced = None
        for attempt in range(TRIES):
            try:
                graph = self.draw(cell.name, attempt)
                node, operands, results = self.parts(graph, cell)
            except (Rejected, TypeError, ValueError, KeyError, IndexError, OverflowError, StopIteration):
                continue
            if any(name in graph.expected for name in node.operands) or not (operands or results):
                continue
            if self.retyped(cell, graph, node, operands, dtype):
                return
        cell.why = cell.why or "its recipe draws no node with this operand or result"

    def retyped(self, cell, graph, node, operands, dtype):
        attributes = dict(node.attributes)
        number = DATA.get(cell.kind) or number_type(dtype)
        if not operands and not cell.name.startswith(ML):
            naming = [key for key in NAMING if key in schema_of(cell.name).attributes]
            if not naming:
                return False
            attributes[naming[0]] = number
        if cell.name == ML + "LabelEncoder" and cell.variable == "T1" and "int" in cell.kind and "keys_floats" in attributes:
            return False
        attributes = listed(attributes, cell)
        small = Graph(graph.usual)
        for name in filter(None, node.operands):
            array = graph.array(name)
            if name in operands:
                array = array.astype(object) if cell.kind in DATA else converted(array, dtype)
            (small.constants if name in graph.constants and cell.kind not in DATA else small.inputs)[name] = array
        opset = self.declarations.opset_with(cell.name, cell.variable, cell.kind)
        own = Node(node.op, node.operands, node.results, attributes, opset)
        small.nodes, small.outputs = [own], list(node.results)
        try:
            arrays, judge = self.oracle.compute(own, {n: small.array(n) for n in filter(None, node.operands)})
        except Exception as error:
            cell.why = f"{type(error).__name__}: {error}"[:200]
            arrays, judge = [None] * len(node.results), None
        for name, array in zip(node.results, arrays):
            small.expected[name], small.trusted[name] = array, judge
        cell.graph, cell.why = small, cell.why if judge is None else ""
        return True


def listed(attributes, cell):
    """Keys, values and class labels of an operator of ai.onnx.ml as tensors of the cell's type, or as texts."""
    wanted = {"T1": "keys", "T2": "values"} if cell.name == ML + "LabelEncoder" else {"T2": "classlabels", "T": "cats"}
    stem, changed = wanted.get(cell.variable), dict(attributes)
    if cell.name == ML + "TreeEnsemble":
        for key, value in attributes.items():
            if isinstance(value, onnx.TensorProto) and key != "nodes_modes":
                changed[key] = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(value).astype(cell.kind))
    for key, values in attributes.items():
        if stem is None or not key.startswith(f"{stem}_") or not cell.name.startswith(ML):
            continue
        if cell.kind == "string":
            del changed[key]
            changed[f"{stem}_strings"] = [f"t{value}" for value in values]
        elif cell.name == ML + "LabelEncoder":
            del changed[key]
            array = np.asarray(values).astype(cell.kind)
            changed[f"{stem}_tensor"] = onnx.numpy_helper.from_array(array)
            if stem == "values":
                changed = {name: value for name, value in changed.items() if not name.startswith("default_")}
                changed["default_tensor"] = onnx.numpy_helper.from_array(np.asarray([3]).astype(cell.kind))
    return changed


def converted(array, dtype):
    """The numbers in another type that holds them, or nearest to them."""
    if dtype in ("complex64", "complex128"):
        return array.astype("float32").astype(dtype)
    wide = array.astype("float64")
    if dtype == "bool":
        return wide != 0
    if is_small_float(dtype):
        return np.clip(wide, 0.5, 4).astype("float32").astype(dtype)
    if is_float(dtype):
        return wide.astype("float32").astype(dtype) if dtype in HALVES else wide.astype(dtype)
    if is_code(dtype):
        return np.abs(np.rint(wide)).clip(0, 1).astype("int8").astype(dtype)
    info = np.iinfo(dtype)
    whole = np.where((wide != 0) & (np.rint(wide) == 0), np.sign(wide), np.rint(wide))
    return (np.abs(whole) if info.min == 0 else whole).clip(info.min, min(info.max, 1e9)).astype(dtype)


def named(kind):
    """ONNX's number of an element type by its shown name."""
    own = {v: k for k, v in SHOWN.items()}.get(kind, kind)
    return getattr(onnx.TensorProto, own.upper())


def model_of(cell):
    """The model of a cell that no oracle computed: results without a declared type, operands of types that numpy has none for."""
    node, graph = cell.graph.nodes[0], cell.graph
    def value(name, array):
        number = named(cell.kind) if array.dtype == object else number_type(array.dtype)
        return helper.make_tensor_value_info(name, number, array.shape)
    body = helper.make_graph(
        [node.proto()], "cell", [value(n, a) for n, a in graph.inputs.items()],
        [helper.make_empty_tensor_value_info(n) for n in node.results],
        [onnx.numpy_helper.from_array(a, n) for n, a in graph.constants.items()])
    from declarations import opsets
    return helper.make_model(body, opset_imports=opsets(node.opset, [node]), ir_version=13)


def refused_model(name, kind):
    """A node of an operator that is not there, all of its operands of one type."""
    schema = schema_of(name)
    required = [p for p in schema.inputs if p.option == onnx.defs.OpSchema.FormalParameterOption.Single] or schema.inputs[:1]
    inputs = [helper.make_tensor_value_info(f"x{i}", named(kind), [2, 2]) for i, _ in enumerate(required)]
    node = helper.make_node(schema.name, [i.name for i in inputs], ["y"], name="y", domain=schema.domain)
    body = helper.make_graph([node], "cell", inputs, [helper.make_empty_tensor_value_info("y")])
    return helper.make_model(
        body, opset_imports=[helper.make_opsetid("", NEWEST)]
        + ([helper.make_opsetid(schema.domain, schema.since_version)] if schema.domain else []), ir_version=13)
