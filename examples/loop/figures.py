"""Tables and curves of the results, with nothing but the standard library."""

import math
from collections import defaultdict

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 440, 64, 24, 210, 52
COLOURS = ("#1b6ca8", "#79b4e0", "#c0392b", "#e67e22", "#8e44ad", "#16a085", "#2c3e50", "#7f8c8d", "#b7950b")
TICKS = {"sparsity": (0, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.97),
         "weights_bytes": (2_000, 3_000, 5_000, 10_000, 20_000, 50_000),
         "instructions": (20_000, 30_000, 50_000, 75_000, 100_000, 150_000, 200_000)}
KEYS = ("accuracy", "sparsity", "weights_bytes", "flash", "instructions")


def means(rows):
    """The mean of each number over the seeds that have it, by method and level."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["method"], row["level"]].append(row)
    return {
        place: {key: sum(values) / len(values) for key in KEYS
                if (values := [row[key] for row in group if key in row])}
        | {"spread": max(r["accuracy"] for r in group) - min(r["accuracy"] for r in group),
           "seeds": len(group)}
        for place, group in groups.items()
    }


def table(rows):
    """The means as Markdown."""
    lines = ["| method | level | sparsity | accuracy of the C | spread | seeds | weights, bytes | instructions on M4 |",
             "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for (method, level), mean in means(rows).items():
        level = f"{level:.0%}" if level else ""
        instructions = f"{mean['instructions']:,.0f}" if "instructions" in mean else ""
        lines.append(
            f"| {method} | {level} | {mean['sparsity']:.1%} | {mean['accuracy']:.2%} | {mean['spread']:.1%} | {mean['seeds']}"
            f" | {mean['weights_bytes']:,.0f} | {instructions} |")
    return "\n".join(lines)


def figures(rows):
    """The file name and the text of each figure."""
    made = {}
    for key, title, name in (("sparsity", "weights removed", "accuracy-by-sparsity"),
                             ("weights_bytes", "bytes of weights in flash", "accuracy-by-bytes"),
                             ("instructions", "instructions of one inference on Cortex-M4", "accuracy-by-instructions")):
        curves = defaultdict(list)
        for (method, _), mean in means(rows).items():
            if key in mean:
                curves[method].append((mean[key], mean["accuracy"]))
        made[f"{name}.svg"] = chart(curves, title, key)
    return made


def chart(curves, title, key):
    """One figure: points and lines for each method, dense as a dashed line."""
    dense = curves.pop("dense", [])
    points = [point for curve in curves.values() for point in curve]
    low_x, high_x = (spread(f(x for x, _ in points), key) for f in (min, max))
    low_y, high_y = max(0, int(min(y for _, y in points) * 50 - 0.5) / 50), 1.0

    def place(x, y):
        return (LEFT + (spread(x, key) - low_x) / (high_x - low_x or 1) * (WIDTH - LEFT - RIGHT),
                TOP + (high_y - y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    parts += rows_of_grid(place, low_y, high_y)
    parts += columns_of_grid(place, [x for x in TICKS[key] if low_x <= spread(x, key) <= high_x], low_y, key)
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{title}</text>'
                 f'<text x="{LEFT}" y="{TOP - 8}">accuracy of the compiled C, mean of the seeds</text>')
    if dense:
        y = place(points[0][0], dense[0][1])[1]
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#555" stroke-dasharray="5 4"/>')
        parts += entry(0, f"dense, {dense[0][1]:.1%}", "#555")
    for number, (method, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        spots = [place(*point) for point in sorted(curve)]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        parts += entry(number + 1, method, colour)
    return "\n".join([*parts, "</svg>"]) + "\n"


def spread(x, key):
    """A place on the axis: what is left counts, and its logarithm."""
    return -math.log(1 - x) if key == "sparsity" else math.log(x)


def entry(number, text, colour):
    """A line of the legend."""
    x, y = WIDTH - RIGHT + 18, TOP + 24 + 20 * number
    return [f'<rect x="{x}" y="{y - 9}" width="14" height="4" fill="{colour}"/><text x="{x + 20}" y="{y - 3}">{text}</text>']


def rows_of_grid(place, low, high):
    """Lines of equal accuracy."""
    steps = round((high - low) / 0.02)
    parts = []
    for step in range(0, steps + 1, max(1, steps // 8)):
        y = place(0.5, high - step * 0.02)[1]
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{high - step * 0.02:.0%}</text>')
    return parts


def columns_of_grid(place, ticks, low, key):
    """Marks below."""
    parts = []
    for value in ticks:
        x, y = place(value, low)
        label = f"{value:.0%}" if key == "sparsity" else f"{value:,}"
        parts.append(f'<path d="M{x:.1f} {y:.1f}v5" stroke="#555"/>'
                     f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{label}</text>')
    return parts
