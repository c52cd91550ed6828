"""The one seam to Postgres: every statement of Parley is in here, and asyncpg is imported nowhere else."""
