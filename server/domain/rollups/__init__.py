"""Roll-ups: what reports count, as pure rules. A ticket's events become runs, runs become cells and flows."""
