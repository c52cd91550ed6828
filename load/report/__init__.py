"""A run's report: one HTML file with its plots inside, which needs neither a network nor a script."""
