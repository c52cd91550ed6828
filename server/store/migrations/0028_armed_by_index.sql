-- Of how many clocks are in some partitions the planner knows nothing, and would read and sort the whole table for
-- each page: the index has them in order, whatever their number.
ALTER FUNCTION list_armed_clocks(smallint[], timestamptz, uuid, uuid, text, integer) SET enable_seqscan = off;
ALTER FUNCTION list_armed_clocks(smallint[], timestamptz, uuid, uuid, text, integer) SET enable_bitmapscan = off;
ALTER FUNCTION list_armed_clocks(smallint[], timestamptz, uuid, uuid, text, integer) SET enable_sort = off;
