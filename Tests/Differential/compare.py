"""Whether what was computed is what was expected, allowing for the order of sums."""
import numpy as np


def difference(graph, name, got):
    """What is wrong with an output, or None."""
    want = graph.expected[name]
    if got.shape != want.shape or got.dtype != want.dtype:
        return f"{name} is {got.dtype}{list(got.shape)}, not {want.dtype}{list(want.shape)}"
    if want.size == 0:
        return None
    if want.dtype.kind != "f":
        off = int(np.sum(got != want))
        if off and steps(graph, name) and np.abs(got.astype(int) - want.astype(int)).max() <= 1:
            return None
        return f"{name}: {off} of {want.size} differ; {sample(got, want, got != want)}" if off else None
    precise = want.dtype == np.float64 and not any(
        graph.trusted[n] == "onnxruntime in float32" or a.dtype == np.float32 for n, a in graph.expected.items())
    largest = max([1.0] + [
        float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in graph.expected.values() if a.dtype.kind == "f"])
    allowed = (1e-6 if precise else 2e-4) * np.abs(want) + (1e-8 if precise else 2e-6) * largest
    with np.errstate(invalid="ignore"):
        near = np.abs(got - want) <= np.where(np.isfinite(want), allowed, 0)
    bad = ~(near | (np.isnan(got) & np.isnan(want)) | (got == want))
    return f"{name}: {int(bad.sum())} of {want.size} differ; {sample(got, want, bad)}" if bad.any() else None


def steps(graph, name):
    """Whether the value stands behind a step that rounds, where a tie may fall to either side."""
    ops = ("Resize", "QLinearConv", "QLinearMatMul", "QuantizeLinear", "DynamicQuantizeLinear")
    return any(name in node.results and node.op in ops for node in graph.nodes)


def sample(got, want, bad):
    place = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(bad)))
    return f"at {list(place)} {np.atleast_1d(got)[place]!s} instead of {np.atleast_1d(want)[place]!s}"
