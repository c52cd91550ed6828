"""What was wrong with a mail."""

from __future__ import annotations


class Defects(list[str]):
    """What was wrong, in the order in which it was found; each thing once."""

    def note(self, defect: str) -> None:
        """Add it, unless it is here."""
        if defect not in self:
            self.append(defect)
