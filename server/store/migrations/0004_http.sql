-- What lists, searches and uploads over HTTP need beyond the desk itself.

-- Comparisons under row-level security use an index only when they cannot leak, and lower() is not
-- marked so: hence columns that hold the lower-cased text.
ALTER TABLE customers
    ADD COLUMN name_key text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    ADD COLUMN email_key text NOT NULL GENERATED ALWAYS AS (coalesce(lower(email), '')) STORED;
CREATE INDEX customers_name_key ON customers (workspace_id, name_key, id);
CREATE INDEX customers_email_key ON customers (workspace_id, email_key, id);
CREATE INDEX customers_updated ON customers (workspace_id, updated_at, id);

CREATE INDEX tickets_created ON tickets (workspace_id, created_at, id);
CREATE INDEX tickets_tagged ON tickets (workspace_id) WHERE tag_ids <> '{}';

CREATE INDEX attachments_unattached_age ON attachments (workspace_id, created_at)
    WHERE interaction_id IS NULL;

CREATE INDEX articles_published ON articles (workspace_id, published_at) WHERE published_at IS NOT NULL;

-- Full-text search of articles: `@@` is not leakproof, so the index is reached through a definer
-- function. It answers for the transaction's own workspace only, with ids and ranks.
CREATE FUNCTION find_articles(words text, published_only boolean)
    RETURNS TABLE (article_id uuid, rank real)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT id, ts_rank_cd(search, query)
    FROM articles, websearch_to_tsquery('english', $1) AS query
    WHERE workspace_id = NULLIF(current_setting('parley.workspace_id', true), '')::uuid
        AND search @@ query AND (published_at IS NOT NULL OR NOT $2)
    ORDER BY 2 DESC, id LIMIT 200
$$;
CALL give_to_definer('find_articles(text, boolean)');

-- A signed link to an attachment names no workspace; only whoever checked its signature asks this.
CREATE POLICY all_workspaces ON attachments FOR SELECT TO parley_definer USING (true);
GRANT SELECT ON attachments TO parley_definer;
CREATE INDEX attachments_id ON attachments (id);
CREATE FUNCTION find_attachment_workspace(attachment_id uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id FROM attachments WHERE id = $1
$$;
CALL give_to_definer('find_attachment_workspace(uuid)');
