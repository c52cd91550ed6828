"""What bounds a desk, as far as it can be told from outside and from this machine's clocks. Pure."""

from __future__ import annotations

from load.capacity.result import LATE_SHARE, Result

ALL = 0.9  # of a core, or of all: as good as the whole
MUCH = 0.25  # of all, had by others: then the figure is not this desk's


def explain(failed: Result | None, bound_ms: float, *, local: bool) -> str:
    """In a sentence, what the lowest rate that did not hold ran into; None: every rate held."""
    if failed is None:
        return "Nothing that was tried: the highest rate asked for held. Ask for more with --most."
    if failed.refused or failed.closed:
        return f"Refusals: {failed.why_not(bound_ms)}."
    if failed.lost and not failed.hopeless:
        return f"Losses: {failed.why_not(bound_ms)}. That is a fault of the desk, not a capacity; report it."
    cores = failed.cores
    if failed.late_p99 > LATE_SHARE * bound_ms or (cores is not None and cores.driver > ALL):
        return (
            f"This driver, which was late by {failed.late_p99:.0f} ms at p99"
            + ("" if cores is None else f" and used {cores.driver:.1f} cores")
            + ": the desk may take more. Run the driver on another machine."
        )
    if cores is None or not local:
        return f"Time: {failed.why_not(bound_ms)}. What the desk's machine did cannot be seen from here."
    others = max(0.0, cores.busy - cores.parley - cores.postgres - cores.driver)
    used = (
        f"Parley {cores.parley:.2f}, Postgres {cores.postgres:.2f}, this driver {cores.driver:.2f}, "
        f"others {others:.2f} of {cores.there:.0f} cores"
    )
    if cores.parley > ALL:
        return f"Parley's process, which has one core: {used}. More `web` processes would use others."
    if cores.busy > ALL * cores.there and others > MUCH * cores.there:
        return f"Other programs on this machine: {used}. Measure again when they rest."
    if cores.busy > ALL * cores.there:
        return f"The processor, all of which was busy: {used}."
    return f"Waiting, not computing (commits on the disk, or others on this machine): {used}."
