"""Makes a failing graph smaller as long as it fails in the same way."""


def without_unread(graph):
    needed, kept = set(graph.outputs), []
    for node in reversed(graph.nodes):
        if needed & set(node.results):
            kept.append(node)
            needed |= set(node.operands)
    graph.nodes = kept[::-1]
    graph.inputs = {n: a for n, a in graph.inputs.items() if n in needed}
    graph.constants = {n: a for n, a in graph.constants.items() if n in needed}
    return graph


def candidates(graph):
    """Smaller graphs, the smallest first."""
    for name in graph.outputs:
        if len(graph.outputs) > 1:
            other = graph.copy()
            other.outputs = [name]
            yield without_unread(other)
    read = {operand for node in graph.nodes for operand in node.operands}
    for node in graph.nodes:
        inner = [r for r in node.results if r in read]
        if inner and set(node.results) - set(graph.outputs):
            # What the node gives becomes an input.
            other = graph.copy()
            other.nodes = [n for n in other.nodes if n.results != node.results]
            other.inputs.update({r: graph.expected[r] for r in inner})
            other.outputs = [o for o in other.outputs if o not in node.results]
            if other.outputs:
                yield without_unread(other)
    for node in graph.nodes:
        if any(r in read and r not in graph.outputs for r in node.results):
            other = graph.copy()
            other.outputs = [r for r in node.results if r in read]
            yield without_unread(other)


def shrink(graph, fails, budget=40):
    """The smallest graph found that still fails; `fails` takes a list of graphs and says which do."""
    while budget > 0:
        tries = [c for c in candidates(graph) if len(c.nodes) <= len(graph.nodes)][:budget]
        budget -= len(tries)
        smaller = [c for c, failed in zip(tries, fails(tries)) if failed] if tries else []
        smaller = [c for c in smaller if size(c) < size(graph)]
        if not smaller:
            return graph
        graph = min(smaller, key=size)
    return graph


def size(graph):
    return (len(graph.nodes), len(graph.outputs), len(graph.inputs) + len(graph.constants))
