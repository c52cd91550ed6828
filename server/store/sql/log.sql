-- The log of events: numbering it, reading it, and remembering who has read how far. All run without a
-- workspace; what they may see across workspaces is up to the functions of migration 0003.

-- name: number
-- Gives the pending events their offsets, at most $1 batches at a time; locks the heads it raises.
SELECT batches, events FROM number_log($1)

-- name: heads
-- The newest offset of every partition.
SELECT "partition", "offset" FROM list_log_heads()

-- name: read
-- At most $3 events above each partition's offset, in order: one range of the primary key a partition.
SELECT * FROM read_log($1, $2, $3)

-- name: read_clocks
-- The same of the events that change an SLA clock, by the partial index log_clock.
SELECT * FROM read_clock_log($1, $2, $3)

-- name: places
-- The same without what happened: log's primary key alone.
SELECT * FROM list_log_places($1, $2, $3)

-- name: committed
-- How far a consumer has come, by primary key; a partition it never committed is missing.
SELECT "partition", "offset" FROM consumer_offsets WHERE consumer = $1

-- name: commit
-- Moves a consumer on; locks its rows, which only the one active consumer of that name writes.
INSERT INTO consumer_offsets (consumer, "partition", "offset")
SELECT $1, * FROM unnest($2::smallint[], $3::bigint[])
ON CONFLICT (consumer, "partition") DO UPDATE SET "offset" = excluded."offset"

-- name: park
-- Keeps an event that a consumer cannot digest, by primary key; repeating it changes nothing.
INSERT INTO parked_events (consumer, "partition", "offset", workspace_id, ticket_id, seq, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
