"""The operators as `coppice ops --json` declares them, beside the element types that ONNX allows."""
import json, subprocess

import numpy as np
import onnx
from onnx import helper

from narrow import CONVERTING, HALVES, NARROW

TYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(bool)": "bool",
         **{f"tensor({sign}int{bits})": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}}
FLOATS = ["float32", "float64"]
INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
ALL = (*FLOATS, *INTEGERS, "bool")
NEWEST = 28
USUAL = 22  # every opset up to 26 is one that onnxruntime takes
NARROW_USUAL = 25  # the first with all narrow types
DOMAINS = ("", "ai.onnx.ml", "com.microsoft")
CONTRIBUTED = ("SimplifiedLayerNormalization",)  # onnxruntime's own, though it stands among those of ONNX
EARLIER = {"GlobalLpPool": 21}  # onnxruntime has no kernel for the later form, which only adds element types


def opsets(main, nodes):
    """What a model of some nodes imports: the opset of ONNX, and those of the other domains that the nodes are of."""
    versions = {"": main}
    for node in nodes:
        domain, _, name = node.op.rpartition(".")
        if domain == "ai.onnx.ml":
            # The older ensembles are deprecated where TreeEnsemble is new.
            versions[domain] = max(versions.get(domain, 4), 5 if name == "TreeEnsemble" else 4)
        elif domain:
            versions[domain] = 1
    return [helper.make_opsetid(domain, version) for domain, version in versions.items()]


class Declarations:
    def __init__(self, tool, narrow=False):
        """With narrow types, an operand that may have one has one."""
        self.narrow, self.usual = narrow, NARROW_USUAL if narrow else USUAL
        self.forced = None  # an operator, a variable of its schema, and the one type that it is drawn with
        if narrow:
            TYPES.update({f"tensor({name})": numpy_name for name, numpy_name in NARROW.items()})
            FLOATS.extend(HALVES)
        text = subprocess.run([tool, "ops", "--json"], check=True, capture_output=True, text=True).stdout
        named = {(f"{op['domain']}." if op["domain"] else "") + op["name"]: op for op in json.loads(text)}
        self.ops = {name: op for name, op in named.items() if op["domain"] in DOMAINS}

    def opset(self, name):
        """The opset that a node is drawn in: the usual one, or the first that has the operator."""
        if "." in name or name in CONTRIBUTED:
            return USUAL
        if name in EARLIER and not self.narrow:
            return EARLIER[name]
        try:
            schema = onnx.defs.get_schema(name, self.usual)
        except onnx.defs.SchemaError:
            return max(self.ops[name]["since"], onnx.defs.get_schema(name, NEWEST).since_version)
        if self.forced and self.forced[0] == name and not self.allows(schema, *self.forced[1:]):
            return NEWEST
        return self.usual

    def allows(self, schema, variable, kind):
        """Whether a variable of a schema stands for a type, by numpy's name."""
        return any(variable in (each.type_param_str, "*") and kind in map(TYPES.get, each.allowed_type_strs)
                   for each in schema.type_constraints)

    def opset_with(self, name, variable, kind):
        """The opset that a node with such a type is drawn in."""
        self.forced = (name, variable, NARROW.get(kind, kind))
        try:
            return self.opset(name)
        finally:
            self.forced = None

    def schema(self, name):
        return onnx.defs.get_schema(name, self.opset(name))

    def types(self, name, operand=0):
        """The element types of an operand, by ONNX's constraints."""
        schema = self.schema(name)
        return self.constraint(schema, schema.inputs[min(operand, len(schema.inputs) - 1)].type_str)

    def result_types(self, name, result=0):
        schema = self.schema(name)
        return self.constraint(schema, schema.outputs[result].type_str)

    def constraint(self, schema, text):
        for constraint in schema.type_constraints:
            if constraint.type_param_str == text:
                known = [TYPES[t] for t in sorted(constraint.allowed_type_strs) if t in TYPES]
                if self.forced and self.forced[0] == schema.name and self.forced[1] in (text, "*") and self.forced[2] in known:
                    return [self.forced[2]]
                narrow = [t for t in known if self.narrow and t in NARROW.values()]
                return narrow if narrow and schema.name not in CONVERTING else known
        return [TYPES[text]]

    def attributes(self, name, rng, skip=()):
        """Some of the attributes that are enumerations, flags or plain numbers, with values in their range."""
        known = self.schema(name).attributes
        drawn = {}
        for key, value in self.ops[name]["attribute_values"].items():
            if key in skip or key not in known or rng.random() < 0.4:
                continue
            if "allowed" in value:
                drawn[key] = value["allowed"][rng.integers(len(value["allowed"]))]
            elif value.get("most") == 1 and value.get("least") == 0:
                drawn[key] = int(rng.integers(2))
            elif value["kind"] == "a real number":
                drawn[key] = float(np.float32(rng.choice([0.125, 0.5, 1, 1.5, 2])))
        return drawn
