-- Full-text search over tickets: an entry for a ticket's heading (seq 0) and one for each interaction.
-- A consumer of the log keeps it; it can be thrown away and built again at any time.

-- English stems, and no accents where Postgres can take them away. Extensions are used where the database
-- has them and its owner may create them, and done without otherwise (managed Postgres).
CREATE TEXT SEARCH CONFIGURATION parley (COPY = pg_catalog.english);
GRANT USAGE ON SCHEMA public TO parley_app, parley_definer;
DO $accents$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'unaccent') THEN
        CREATE EXTENSION IF NOT EXISTS unaccent;
        ALTER TEXT SEARCH CONFIGURATION parley
            ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'search tells accents apart: unaccent cannot be created';
END
$accents$;

-- What a text amounts to. A tsvector is bounded to 1 MB: a text counts by its first 200 000 characters.
CREATE FUNCTION heading_words(number bigint, subject text) RETURNS tsvector LANGUAGE sql STABLE AS
$$
    SELECT setweight(to_tsvector('parley', number || ' ' || left(subject, 200000)), 'A')
$$;
CREATE FUNCTION said_words(content text) RETURNS tsvector LANGUAGE sql STABLE AS
$$
    SELECT setweight(to_tsvector('parley', left(content, 200000)), 'C')
$$;

CREATE TABLE search_entries (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    note boolean NOT NULL,
    words tsvector NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, seq)
);
CALL guard('search_entries');
DO $index$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'btree_gin') THEN
        CREATE EXTENSION IF NOT EXISTS btree_gin;
        CREATE INDEX search_entries_words ON search_entries USING gin (workspace_id, words);
    ELSE
        CREATE INDEX search_entries_words ON search_entries USING gin (words);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE INDEX search_entries_words ON search_entries USING gin (words);
END
$index$;

CREATE POLICY find_tickets ON search_entries FOR SELECT TO parley_definer USING (true);
CREATE POLICY find_tickets ON tickets FOR SELECT TO parley_definer USING (true);
CREATE POLICY find_tickets ON customers FOR SELECT TO parley_definer USING (true);
GRANT SELECT ON search_entries, tickets, customers TO parley_definer;

-- Tickets of the transaction's own workspace that match, best first: by words (as in a web search, the last
-- one may be unfinished) through search_entries_words, or by the beginning of the customer's name or address
-- through customers_name_key and customers_email_key. A definer's function, because `@@` is not leakproof
-- and loses its index under row-level security. inbox_ids: only what came in by these, null for all.
-- At most 5000 entries are looked at: words that match more do not tell tickets apart.
CREATE FUNCTION find_tickets(asked text, inbox_ids uuid[], with_notes boolean, max_tickets integer)
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
    SELECT found.ticket_id, max(found.rank) FROM (TABLE said UNION ALL TABLE theirs) found (ticket_id, rank)
    GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT max_tickets
$$;
CALL give_to_definer('find_tickets(text, uuid[], boolean, integer)');
