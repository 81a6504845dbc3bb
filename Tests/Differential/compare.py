"""Whether what was computed is what was expected, allowing for the order of sums."""
import numpy as np

from narrow import is_code, is_float, step


def difference(graph, name, got):
    """What is wrong with an output, or None."""
    want = graph.expected[name]
    if got.shape != want.shape or got.dtype != want.dtype:
        return f"{name} is {got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}"
    if want.size == 0:
        return None
    if is_code(want.dtype):
        off = int(np.sum(got.view(np.uint8) != want.view(np.uint8)))
        if off and (steps(graph, name) or any(step(a.dtype) for a in graph.expected.values())):
            off = int(np.sum(np.abs(got.astype("float64") - want.astype("float64")) > np.abs(want.astype("float64")) / 4 + 1))
        return f"{name}: {off} of {want.size} differ; {sample(got, want, got != want)}" if off else None
    if not is_float(want.dtype):
        off = int(np.sum(got != want))
        if off and steps(graph, name) and np.abs(got.astype(int) - want.astype(int)).max() <= 1:
            return None
        return f"{name}: {off} of {want.size} differ; {sample(got, want, got != want)}" if off else None
    precise = want.dtype == np.float64 and not any(
        graph.trusted[n] == "onnxruntime in float32" or a.dtype == np.float32 for n, a in graph.expected.items())
    largest = max([1.0] + [
        float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in map(wide, graph.expected.values()) if a.dtype.kind == "f"])
    allowed = (1e-6 if precise else 2e-4) * np.abs(wide(want)) + (1e-8 if precise else 2e-6) * largest
    coarse = max(step(a.dtype) for table in (graph.expected, graph.inputs, graph.constants) for a in table.values())
    got, want = wide(got), wide(want)
    allowed = np.maximum(allowed, coarse * (2 * np.abs(want) + largest / 4)) if coarse else allowed
    with np.errstate(invalid="ignore"):
        near = np.abs(got - want) <= np.where(np.isfinite(want), allowed, 0)
    bad = ~(near | (np.isnan(got) & np.isnan(want)) | (got == want))
    return f"{name}: {int(bad.sum())} of {want.size} differ; {sample(got, want, bad)}" if bad.any() else None


def wide(array):
    return array.astype("float32") if step(array.dtype) else array


def steps(graph, name):
    """Whether the value stands behind a step that rounds, where a tie may fall to either side."""
    ops = ("Resize", "QLinearConv", "QLinearMatMul", "QuantizeLinear", "DynamicQuantizeLinear")
    return any(name in node.results and node.op in ops for node in graph.nodes)


def sample(got, want, bad):
    place = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(bad)))
    return f"at {list(place)} {np.atleast_1d(got)[place]!s} instead of {np.atleast_1d(want)[place]!s}"
