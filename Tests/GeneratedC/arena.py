"""Derives from the emitted calls that no value in the arena is overwritten while it is needed."""

import re
from dataclasses import dataclass

CALL = re.compile(r"^    (\w+)\(([^;{}]*)\);$", re.MULTILINE)
PLACE = re.compile(r"\((const )?\w+ \*\)\(void \*\)\(mem \+ (\d+)\)")


@dataclass(frozen=True)
class Value:
    """A value with its bytes in the arena."""

    name: str
    start: int
    end: int
    first: int
    last: int

    def meets(self, other):
        return self.start < other.end and other.start < self.end


def calls(build):
    """The places in the arena that each kernel call reads and writes."""
    source = build.file(".c").read_text()
    body = source.partition(f"int {build.name}_run(")[2].partition("\n}")[0]
    for match in CALL.finditer(body):
        if match.group(1).endswith("_PROFILE"):
            continue
        places = PLACE.findall(match.group(2))
        yield ([int(place) for const, place in places if const],
               [int(place) for const, place in places if not const])


def stepped(build, values):
    """The calls as values; a call belongs to the first step at which all its places are named."""
    step = 0
    last = max((value.last for value in values), default=0)
    for reads, writes in calls(build):
        if not reads + writes:
            step += 1
            continue
        while step <= last:
            alive = {}
            for value in values:
                if value.first <= step <= value.last:
                    alive.setdefault(value.start, []).append(value)
            if all(place in alive for place in reads + writes):
                break
            step += 1
        else:
            raise ValueError(f"{build.name}: a call uses a place that the manifest does not name")
        # In place, a step's operand and result have the same start: the operand is the older one.
        yield ([min(alive[p], key=lambda v: v.first) for p in reads],
               [max(alive[p], key=lambda v: v.first) for p in writes])
        step += 1


def arena_faults(build):
    """Replays who owns which bytes: what is read must be whole, whoever wrote in between."""
    manifest = build.manifest
    values = [Value(p["name"], p["offset"], p["offset"] + p["bytes"], p["first"], p["last"])
              for p in manifest["arena"]]
    for value in values:
        if not 0 <= value.start <= value.end <= manifest["arena_bytes"]:
            yield f"{build.name}: {value.name} lies outside of the arena"
    if manifest["arena_lower_bound"] > manifest["arena_bytes"]:
        yield f"{build.name}: the arena is smaller than its lower bound"
    owned = set()
    for reads, writes in stepped(build, values):
        for value in reads:
            if value not in owned:
                yield f"{build.name}: {value.name} is read after its bytes were given away"
        for value in writes:
            in_place = [r for r in reads if (r.start, r.end) == (value.start, value.end)]
            for other in (set(reads) | set(writes)) - {value, *in_place}:
                if value.meets(other):
                    yield f"{build.name}: {value.name} and {other.name} share bytes in one step"
            owned = {other for other in owned if not other.meets(value)} | {value}
