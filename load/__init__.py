"""Load generators and the benchmark. Never imported by the product (Locust patches the process)."""
