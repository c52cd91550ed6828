-- name: record_said
-- What is merely said, in tickets that the writer knows: see the function in migration 0012 for what it locks.
SELECT record_said($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
