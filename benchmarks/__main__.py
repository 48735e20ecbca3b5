"""``python -m benchmarks [--demo]``: prints the figures that stand in ``docs/performance.md``, as Markdown tables.

Machines differ and are noisy: read counts, ratios and orders of magnitude. ``--demo`` also times ``scripts/demo --terminal``
on a fresh clone, which downloads everything anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from . import core, demo, endpoint, flood, hostile, imports, notebook, opening, recording, rendering, saved, scrubbing, soak
from .lab import running_lab


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", action="store_true", help="time the demo from a fresh clone, too")
    options = parser.parse_args()
    for table in _tables(options.demo):
        print(table, flush=True)


def _tables(with_demo: bool) -> Iterator[str]:
    yield imports.table()
    yield from core.tables()
    yield from recording.tables()
    yield scrubbing.table()
    yield hostile.table()
    yield soak.table()
    yield rendering.table()
    yield from saved.tables()
    with running_lab() as lab:
        yield opening.table(lab)
        yield notebook.first_token_table(lab)
        yield notebook.pauses_table(lab)
        yield flood.table(lab)
    with endpoint.running_endpoint() as (server, provider):
        yield endpoint.table(server, provider)
    if with_demo:
        yield demo.table()


if __name__ == "__main__":
    main()
