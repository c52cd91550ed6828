-- Words of attached files, found like what was said and counting for less; a consumer of the log keeps them.

-- A file that could not be read has no words and says why, and is not read again. It can all be thrown away and
-- is built again by `parley rebuild`.
CREATE TABLE search_files (
    workspace_id uuid NOT NULL,
    attachment_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    note boolean NOT NULL,
    words tsvector NOT NULL,
    error text,
    PRIMARY KEY (workspace_id, attachment_id),
    FOREIGN KEY (workspace_id, attachment_id) REFERENCES attachments ON DELETE CASCADE
);
CALL guard('search_files');
DO $index$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gin') THEN
        CREATE INDEX search_files_words ON search_files USING gin (workspace_id, words);
    ELSE
        CREATE INDEX search_files_words ON search_files USING gin (words);
    END IF;
END
$index$;

-- Half of what is taken of a message: a file may hold nothing but short words, whose tsvector is longer than they.
CREATE FUNCTION file_words(content text) RETURNS tsvector LANGUAGE sql STABLE AS
$$
    SELECT setweight(to_tsvector('parley', left(content, 100000)), 'D')
$$;

CREATE POLICY find_tickets ON search_files FOR SELECT TO parley_definer USING (true);
GRANT SELECT ON search_files TO parley_definer;

-- Mails that could not be sent, for an admin's list.
CREATE INDEX outgoing_mails_failed ON outgoing_mails (workspace_id, created_at, interaction_id) WHERE state = 'failed';

-- As in 0005, and through search_files_words too.
CREATE OR REPLACE FUNCTION find_tickets(asked text, inbox_ids uuid[], with_notes boolean, max_tickets integer)
    RETURNS TABLE (ticket_id uuid, rank real)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    WITH own AS (
        SELECT NULLIF(current_setting('parley.workspace_id', true), '')::uuid AS workspace_id, lower(trim(asked)) AS key
    ), query AS (
        SELECT CASE WHEN right(q::text, 1) = '''' THEN (q::text || ':*')::tsquery ELSE q END AS q
        FROM websearch_to_tsquery('parley', asked) q
    ), said AS (
        SELECT e.ticket_id, ts_rank(e.words, query.q) AS rank
        FROM own, query, search_entries e JOIN tickets t ON t.workspace_id = e.workspace_id AND t.id = e.ticket_id
        WHERE e.workspace_id = own.workspace_id AND e.words @@ query.q AND (with_notes OR NOT e.note)
            AND (inbox_ids IS NULL OR t.inbox_id = ANY (inbox_ids))
        LIMIT 5000
    ), attached AS (
        SELECT f.ticket_id, ts_rank(f.words, query.q) AS rank
        FROM own, query, search_files f JOIN tickets t ON t.workspace_id = f.workspace_id AND t.id = f.ticket_id
        WHERE f.workspace_id = own.workspace_id AND f.words @@ query.q AND (with_notes OR NOT f.note)
            AND (inbox_ids IS NULL OR t.inbox_id = ANY (inbox_ids))
        LIMIT 5000
    ), people AS (
        (SELECT c.workspace_id, c.id FROM own, customers c
        WHERE c.workspace_id = own.workspace_id AND own.key <> ''
            AND c.name_key >= own.key AND c.name_key < own.key || chr(1114111) LIMIT 200)
        UNION
        (SELECT c.workspace_id, c.id FROM own, customers c
        WHERE c.workspace_id = own.workspace_id AND own.key <> ''
            AND c.email_key >= own.key AND c.email_key < own.key || chr(1114111) LIMIT 200)
    ), theirs AS (
        SELECT t.id, 1.0::real FROM people p JOIN tickets t ON t.workspace_id = p.workspace_id AND t.customer_id = p.id
        WHERE inbox_ids IS NULL OR t.inbox_id = ANY (inbox_ids) LIMIT 5000
    )
    SELECT found.ticket_id, max(found.rank)
    FROM (TABLE said UNION ALL TABLE attached UNION ALL TABLE theirs) found (ticket_id, rank)
    GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT max_tickets
$$;
