"""For people who want ``asyncio.run()`` in a cell. Nothing in this package needs it: no loop is ever patched unasked."""

from __future__ import annotations


def nest() -> None:
    """Let ``asyncio.run()`` be called where a loop is running already, a notebook's cell for example.

    Patches asyncio through nest-asyncio2, the maintained successor of nest-asyncio, for the rest of the process.
    """
    import nest_asyncio2  # here, for it is wanted by few

    nest_asyncio2.apply()
