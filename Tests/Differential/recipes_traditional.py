"""Operators of ai.onnx.ml: trees, linear models, support vectors and what is put before and after them."""
import numpy as np
from onnx import helper, numpy_helper

from recipes import recipe

ML = "ai.onnx.ml."
TRANSFORMS = ["NONE", "NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"]
MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
NUMBERS = ["float32", "float32", "float64", "int64", "int32"]


def rows(d, dtypes=("float32",), features=None, missing=0.0):
    """A matrix of few distinct numbers, so that thresholds are met."""
    shape = (d.below(1, 6), features or d.below(1, 5))
    values = d.rng.integers(-4, 5, shape) / 2
    dtype = d.pick(list(dtypes))
    array = values.astype(dtype)
    if missing and np.dtype(dtype).kind == "f" and d.maybe(missing):
        array[d.rng.random(shape) < 0.3] = np.nan
    name = d.put(array, False)
    if np.isnan(array).any() if array.dtype.kind == "f" else False:
        d.wild.add(name)
    return name, shape[1]


def numbers(d, count, low=-16, high=16, step=8):
    return [float(np.float32(v)) for v in d.rng.integers(low, high + 1, count) / step]


def tree(d, features, depth, mode):
    """Nodes of one tree, each a dictionary, the root first; leaves have no children."""
    nodes = []

    def grow(level):
        own = {"id": len(nodes)}
        nodes.append(own)
        if level < depth and (level == 0 or d.maybe(0.7)):
            own.update(feature=d.below(0, features - 1), value=numbers(d, 1, -4, 4, 2)[0], mode=mode or d.pick(MODES),
                       missing=int(d.maybe(0.3)))
            own["yes"], own["no"] = grow(level + 1), grow(level + 1)
        return own["id"]

    grow(0)
    return nodes


def forest(d, features, prefix, targets, each, weights):
    mode = d.pick(["BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LT", None])
    lists = {f"nodes_{k}": [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids",
                                        "falsenodeids", "missing_value_tracks_true")}
    leaves = {f"{prefix}_{k}": [] for k in ("treeids", "nodeids", "ids", "weights")}
    tracks = d.maybe(0.4)
    for number in range(d.below(1, 5)):
        for node in tree(d, features, d.below(0, 3), mode):
            values = [number, node["id"], node.get("feature", 0), node.get("value", 0.0), node.get("mode", "LEAF"),
                      node.get("yes", 0), node.get("no", 0), node.get("missing", 0) if tracks else 0]
            for key, value in zip(lists, values):
                lists[key].append(value)
            if "mode" not in node:
                for target in each(targets):
                    for key, value in zip(leaves, [number, node["id"], target, weights()]):
                        leaves[key].append(value)
    return {**lists, **leaves}


@recipe(ML + "TreeEnsembleRegressor")
def regressor(d, op):
    x, features = rows(d, ["float32", "float32", "float64"], missing=0.3)
    targets = d.pick([1, 1, 2, 3])
    each = (lambda n: [0]) if targets == 1 else d.pick([range, lambda n: [d.below(0, n - 1)]])
    attributes = forest(d, features, "target", targets, each, lambda: numbers(d, 1)[0])
    if d.maybe(0.4):
        attributes["base_values"] = numbers(d, targets)
    function = d.pick(["SUM", "SUM", "AVERAGE", "MIN", "MAX"])
    d.node(op, [x], n_targets=targets, aggregate_function=function,
           post_transform=d.pick(TRANSFORMS) if targets > 1 else "NONE", **attributes)


@recipe(ML + "TreeEnsembleClassifier")
def classifier(d, op):
    x, features = rows(d, ["float32", "float32", "float64", "int64", "int32"], missing=0.3)
    classes = d.pick([2, 2, 3, 4])
    one_sided = classes == 2 and d.maybe(0.7)
    own = d.below(0, 1)
    each = (lambda n: [own]) if one_sided else d.pick([range, lambda n: [d.below(0, n - 1)]]) if classes > 2 else range
    sign = d.pick([1, -1])
    weights = lambda: abs(numbers(d, 1)[0]) / 4 if sign > 0 else numbers(d, 1)[0]
    attributes = forest(d, features, "class", classes, each, weights)
    if d.maybe(0.3) and (classes > 2 or one_sided):
        attributes["base_values"] = numbers(d, d.pick([1, 2]) if classes == 2 else classes)
    d.node(op, [x], results=2, classlabels_int64s=d.rng.permutation(classes + 2)[:classes].tolist(),
           post_transform=d.pick(TRANSFORMS), **attributes)


@recipe(ML + "TreeEnsemble")
def ensemble(d, op):
    x, features = rows(d, ["float32", "float64"], missing=0.3)
    dtype, targets = d.dtype(x), d.pick([1, 2, 3])
    keys = ("featureids", "splits", "modes", "truenodeids", "trueleafs", "falsenodeids", "falseleafs",
            "missing_value_tracks_true")
    lists, roots, ids, weights = {k: [] for k in keys}, [], [], []
    mode = d.pick(["BRANCH_LEQ", "BRANCH_LT", None])
    for _ in range(d.below(1, 4)):
        nodes = [n for n in tree(d, features, d.below(1, 3), mode)]
        inner = [n for n in nodes if "mode" in n]
        place = {n["id"]: len(lists["modes"]) + i for i, n in enumerate(inner)}
        roots.append(place[0])
        for node in nodes:
            if "mode" not in node:
                place[node["id"]] = len(ids)
                ids.append(d.below(0, targets - 1))
                weights.append(numbers(d, 1)[0])
        leaf = {n["id"]: int("mode" not in n) for n in nodes}
        for n in inner:
            values = [n["feature"], n["value"], MODES.index(n["mode"]), place[n["yes"]], leaf[n["yes"]], place[n["no"]],
                      leaf[n["no"]], n["missing"]]
            for key, value in zip(keys, values):
                lists[key].append(value)
    tensor = lambda values, t: numpy_helper.from_array(np.array(values, t))
    given = {f"nodes_{k}": v for k, v in lists.items() if k not in ("splits", "modes")}
    d.node(op, [x], n_targets=targets, aggregate_function=d.below(0, 3), post_transform=0, tree_roots=roots,
           nodes_splits=tensor(lists["splits"], dtype), nodes_modes=tensor(lists["modes"], "uint8"),
           leaf_targetids=ids, leaf_weights=tensor(weights, dtype), **given)


@recipe(ML + "LinearRegressor")
def linear_regressor(d, op):
    x, features = rows(d)
    targets = d.below(1, 3)
    extra = {"intercepts": numbers(d, targets)} if d.maybe() else {}
    d.node(op, [x], coefficients=numbers(d, targets * features), targets=targets,
           post_transform=d.pick(TRANSFORMS) if targets > 1 else "NONE", **extra)


@recipe(ML + "LinearClassifier")
def linear_classifier(d, op):
    x, features = rows(d, NUMBERS)
    scores = d.below(1, 4)
    labels = d.rng.permutation(6)[:max(scores, 2)].tolist()
    d.node(op, [x], results=2, coefficients=numbers(d, scores * features), intercepts=numbers(d, scores),
           classlabels_ints=labels, post_transform=d.pick(TRANSFORMS))


def kernel(d):
    name = d.pick(["LINEAR", "POLY", "RBF", "SIGMOID"])
    return {"kernel_type": name, "kernel_params": [0.25, 0.5, float(d.below(1, 3))]}


@recipe(ML + "SVMRegressor")
def svm_regressor(d, op):
    x, features = rows(d)
    supports = d.pick([0, 1, 3, 4])
    vectors = {"support_vectors": numbers(d, supports * features)} if supports else {}
    d.node(op, [x], coefficients=numbers(d, supports or features), rho=numbers(d, 1), n_supports=supports,
           one_class=int(d.maybe(0.2)), **kernel(d), **vectors)


@recipe(ML + "SVMClassifier")
def svm_classifier(d, op):
    x, features = rows(d, NUMBERS)
    classes = d.pick([2, 2, 3, 4])
    labels = d.rng.permutation(6)[:classes].tolist()
    pairs = classes * (classes - 1) // 2
    if d.maybe(0.3):
        return d.node(op, [x], results=2, coefficients=numbers(d, classes * features), rho=numbers(d, 1),
                      classlabels_ints=labels, kernel_params=[0.0, 0.0, 0.0], post_transform=d.pick(TRANSFORMS))
    each = [d.below(1, 3) for _ in range(classes)]
    extra = {"prob_a": [-1.0] * pairs, "prob_b": numbers(d, pairs)} if d.maybe(0.4) else {}
    transform = d.pick(TRANSFORMS) if not extra else "NONE"
    return d.node(op, [x], results=2, coefficients=numbers(d, (classes - 1) * sum(each)), rho=numbers(d, pairs),
                  support_vectors=numbers(d, sum(each) * features), vectors_per_class=each, classlabels_ints=labels,
                  post_transform=transform, **kernel(d), **extra)


@recipe(ML + "Scaler")
def scaler(d, op):
    x, features = rows(d, NUMBERS)
    d.node(op, [x], offset=numbers(d, d.pick([1, features])), scale=numbers(d, d.pick([1, features])))


@recipe(ML + "Normalizer")
def normalizer(d, op):
    d.node(op, [rows(d, NUMBERS)[0]], norm=d.pick(["MAX", "L1", "L2"]))


@recipe(ML + "Imputer")
def imputer(d, op):
    x, features = rows(d, ["float32", "float32", "int64"], missing=0.7)
    count = d.pick([1, features])
    if d.dtype(x) == "int64":
        return d.node(op, [x], rounded=False, imputed_value_int64s=d.rng.integers(-9, 9, count).tolist(),
                      replaced_value_int64=d.below(-2, 2))
    replaced = float("nan") if np.isnan(d.array(x)).any() else d.pick([0.0, 1.0])
    return d.node(op, [x], rounded=False, imputed_value_floats=numbers(d, count), replaced_value_float=replaced)


@recipe(ML + "Binarizer")
def binarizer(d, op):
    d.node(op, [rows(d)[0]], rounded=False, threshold=numbers(d, 1, -4, 4, 2)[0])


@recipe(ML + "ArrayFeatureExtractor")
def extractor(d, op):
    x, features = rows(d, ["float32", "float64", "int64", "int32"])
    indices = d.rng.integers(0, features, d.below(1, 4))
    d.node(op, [x, d.put(indices.astype("int64"))], rounded=False)


@recipe(ML + "FeatureVectorizer")
def vectorizer(d, op):
    dtype = d.pick(["float32", "float64", "int64"])
    count, parts = d.below(1, 4), [d.below(1, 3) for _ in range(d.below(1, 3))]
    names = [d.fresh(dtype, [count, part]) for part in parts]
    d.node(op, names, rounded=False, inputdimensions=parts)


@recipe(ML + "OneHotEncoder")
def one_hot(d, op):
    x = d.put(d.rng.integers(-3, 6, d.shape(1, 2, 4)).astype(d.pick(["int64", "int32", "float32"])))
    d.node(op, [x], rounded=False, cats_int64s=d.rng.permutation(6)[:d.below(1, 5)].tolist(), zeros=1)


@recipe(ML + "LabelEncoder")
def label_encoder(d, op):
    count = d.below(1, 5)
    kinds = {"int64": ("int64s", lambda: d.rng.permutation(7)[:count].tolist()),
             "float32": ("floats", lambda: [float(v) / 2 for v in d.rng.permutation(7)[:count]])}
    source, target = d.pick(list(kinds)), d.pick(list(kinds))
    values = d.rng.integers(0, 8, d.shape(1, 2, 5))
    x = d.put((values / (2 if source == "float32" else 1)).astype(source))
    default = {"default_int64": 99} if target == "int64" else {"default_float": 0.25}
    d.node(op, [x], rounded=False, **{f"keys_{kinds[source][0]}": kinds[source][1](),
                                      f"values_{kinds[target][0]}": kinds[target][1]()}, **default)
