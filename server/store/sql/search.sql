-- The search index over tickets; what a text amounts to is said by two functions of migration 0005.

-- name: index_headings
-- Writes the headings of the tickets $2 anew, by the primary keys of both tables.
INSERT INTO search_entries (workspace_id, ticket_id, seq, note, words)
SELECT t.workspace_id, t.id, 0, false, heading_words(t.number, t.subject) FROM tickets t WHERE t.workspace_id = $1 AND t.id = ANY ($2)
ON CONFLICT (workspace_id, ticket_id, seq) DO UPDATE SET words = excluded.words

-- name: index_interactions
-- Writes the interactions ($2, $3) anew, by the primary keys of both tables.
INSERT INTO search_entries (workspace_id, ticket_id, seq, note, words)
SELECT i.workspace_id, i.ticket_id, i.seq, i.type = 'note', said_words(i.content)
FROM unnest($2::uuid[], $3::bigint[]) AS s (ticket_id, seq)
JOIN interactions i ON i.workspace_id = $1 AND i.ticket_id = s.ticket_id AND i.seq = s.seq
ON CONFLICT (workspace_id, ticket_id, seq) DO UPDATE SET words = excluded.words, note = excluded.note

-- name: find_tickets
-- The best $4 tickets for $1 in the inboxes $2 (null for all); see the function in migration 0005.
SELECT ticket_id FROM find_tickets($1, $2, $3, $4)

-- name: find_range
-- The last of the $3 tickets after $2, null when there is none, by tickets' primary key.
SELECT id FROM (SELECT id FROM tickets WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3) page ORDER BY id DESC LIMIT 1

-- name: count_differences
-- How many entries of the tickets after $2 up to $3 are missing, too many or wrong; ranges of primary keys.
WITH wanted AS (
    SELECT id AS ticket_id, 0 AS seq, false AS note, heading_words(number, subject) AS words
    FROM tickets WHERE workspace_id = $1 AND id > $2 AND id <= $3
    UNION ALL
    SELECT ticket_id, seq, type = 'note', said_words(content) FROM interactions WHERE workspace_id = $1 AND ticket_id > $2 AND ticket_id <= $3
), present AS (
    SELECT ticket_id, seq, note, words FROM search_entries
    WHERE workspace_id = $1 AND ticket_id > $2 AND ticket_id <= $3
)
SELECT count(*) FROM wanted FULL JOIN present USING (ticket_id, seq)
WHERE (wanted.note, wanted.words) IS DISTINCT FROM (present.note, present.words)

-- name: remove_range
-- Throws away the entries of the tickets after $2 up to $3, by the primary key.
DELETE FROM search_entries WHERE workspace_id = $1 AND ticket_id > $2 AND ticket_id <= $3

-- name: list_range
-- What there is to index of the tickets after $2 up to $3, by the primary keys.
SELECT ticket_id, seq FROM interactions WHERE workspace_id = $1 AND ticket_id > $2 AND ticket_id <= $3
UNION ALL SELECT id, 0 FROM tickets WHERE workspace_id = $1 AND id > $2 AND id <= $3
