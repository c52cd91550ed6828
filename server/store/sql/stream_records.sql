-- Topics that streams write. All run without a workspace; what they reach is up to the functions of migration
-- 0020.

-- name: declare
-- Makes a topic that is missing; returns its number of partitions and whether it is compacted.
SELECT partitions, compacted FROM declare_stream_topic($1, $2, $3)

-- name: append
-- Appends and returns the offsets given, none when the topic is full; locks the heads of the partitions.
SELECT given FROM append_stream_records($1, $2, $3, $4, $5, $6)

-- name: read
-- At most $4 records above each partition's offset, in order, by primary key.
SELECT "partition", "offset", at, key, value FROM read_stream_records($1, $2, $3, $4)

-- name: heads
-- The newest offset of every partition that can be read.
SELECT "partition", "offset" FROM list_stream_heads($1)

-- name: trim
-- Takes away what was read of a queue, by primary key.
SELECT trim_stream_records($1, $2, $3)
