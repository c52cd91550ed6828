"""Streams: Faust over the log, and the SLA clocks that run on it. Faust is imported nowhere else."""
