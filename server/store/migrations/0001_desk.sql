-- The desk: people, inboxes, tickets and their events, with the workspace in front of every key.
--
-- Two roles stand behind the application. parley_app is what it runs as: it owns nothing, cannot bypass
-- row-level security, and sees the workspace named by the setting parley.workspace_id and no other.
-- parley_definer owns the few functions that must see across workspaces; nobody can sign in as it.

DO $roles$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parley_app') THEN
        CREATE ROLE parley_app NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'parley_definer') THEN
        CREATE ROLE parley_definer NOLOGIN NOBYPASSRLS;
    END IF;
    EXECUTE format('GRANT parley_definer TO %I', current_user);
    -- A member of parley_app may become it; the embedded server signs in as it directly.
    IF NOT pg_has_role(current_user, 'parley_app', 'MEMBER') THEN
        EXECUTE format('GRANT parley_app TO %I', current_user);
    END IF;
END
$roles$;

GRANT USAGE ON SCHEMA public TO parley_app, parley_definer;
GRANT CREATE ON SCHEMA public TO parley_definer;

-- Enables and forces row-level security on a table that has a workspace_id, and grants it to the application.
CREATE PROCEDURE guard(name text, key text DEFAULT 'workspace_id') LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I TO parley_app USING (%I = NULLIF(current_setting(''parley.workspace_id'', true), '''')::uuid)', name, key);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO parley_app', name);
END
$$;

-- Hands a function that sees across workspaces to the role that may; only the application may call it.
CREATE PROCEDURE give_to_definer(signature text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER FUNCTION %s OWNER TO parley_definer', signature);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO parley_app', signature);
END
$$;

CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    config_version bigint NOT NULL DEFAULT 1,
    last_ticket_number bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CALL guard('workspaces', 'id');

CREATE TABLE agents (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'agent', 'light_agent')),
    password_hash text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX agents_email ON agents (workspace_id, lower(email));
CREATE INDEX agents_sign_in ON agents (lower(email));
CALL guard('agents');

-- Apart from agents, so that going away for lunch does not change the desk's configuration.
CREATE TABLE agent_presence (
    workspace_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'offline' CHECK (status IN ('online', 'away', 'offline')),
    last_active_at timestamptz,
    PRIMARY KEY (workspace_id, agent_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CALL guard('agent_presence');

CREATE TABLE teams (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX teams_name ON teams (workspace_id, lower(name));
CALL guard('teams');

CREATE TABLE team_members (
    workspace_id uuid NOT NULL,
    team_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, team_id, agent_id),
    FOREIGN KEY (workspace_id, team_id) REFERENCES teams ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX team_members_agent ON team_members (workspace_id, agent_id);
CALL guard('team_members');

CREATE TABLE inboxes (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL UNIQUE,
    name text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('chat', 'email', 'api')),
    address text,
    settings jsonb NOT NULL DEFAULT '{}',
    secrets bytea,
    token_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    CHECK ((channel = 'email') = (address IS NOT NULL))
);
-- Mail finds its inbox by address before any workspace is known, so an address belongs to one inbox only.
CREATE UNIQUE INDEX inboxes_address ON inboxes (lower(address)) WHERE deleted_at IS NULL;
CALL guard('inboxes');

CREATE TABLE inbox_members (
    workspace_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id, agent_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX inbox_members_agent ON inbox_members (workspace_id, agent_id);
CALL guard('inbox_members');

CREATE TABLE customers (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL DEFAULT '',
    email text,
    company text,
    contact_info jsonb NOT NULL DEFAULT '{}',
    external_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX customers_email ON customers (workspace_id, lower(email)) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX customers_external_id ON customers (workspace_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX customers_created ON customers (workspace_id, created_at, id);
CALL guard('customers');

CREATE TABLE visitors (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    verified boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, customer_id) REFERENCES customers ON DELETE CASCADE
);
CALL guard('visitors');

CREATE TABLE tags (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX tags_name ON tags (workspace_id, lower(name));
CALL guard('tags');

CREATE TABLE sla_policies (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    priority_level text NOT NULL CHECK (priority_level IN ('low', 'normal', 'high', 'urgent')),
    first_response_time_minutes integer CHECK (first_response_time_minutes > 0),
    resolution_time_hours double precision CHECK (resolution_time_hours > 0),
    warning_percent smallint NOT NULL DEFAULT 80 CHECK (warning_percent BETWEEN 1 AND 99),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CALL guard('sla_policies');

-- A ticket row is the fold of its events (all but subject and description, which are texts).
-- It is locked by the writer before anything of the ticket changes; references into it are not foreign keys,
-- because the lock already proves that it is there and a check per message would cost more than the insert.
CREATE TABLE tickets (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    number bigint NOT NULL,
    subject text NOT NULL,
    description text NOT NULL,
    inbox_id uuid NOT NULL,
    channel_source text NOT NULL,
    customer_id uuid NOT NULL,
    visitor_id uuid,
    status text NOT NULL,
    priority text NOT NULL,
    assignee_id uuid,
    team_id uuid,
    tag_ids uuid[] NOT NULL DEFAULT '{}',
    seq bigint NOT NULL,
    public_seq bigint NOT NULL,
    next_due_at timestamptz,
    breached boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, number)
) WITH (fillfactor = 80);
-- No index on seq, updated_at: the most frequent change of a ticket stays a heap-only update.
CREATE INDEX tickets_open ON tickets (workspace_id, status, created_at DESC);
CREATE INDEX tickets_customer ON tickets (workspace_id, customer_id);
CREATE INDEX tickets_visitor ON tickets (workspace_id, visitor_id) WHERE visitor_id IS NOT NULL;
CREATE INDEX tickets_assignee ON tickets (workspace_id, assignee_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX tickets_inbox ON tickets (workspace_id, inbox_id, created_at DESC);
CALL guard('tickets');

CREATE TABLE interactions (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    public_seq bigint,
    id uuid NOT NULL,
    author_type text NOT NULL,
    author_id uuid,
    type text NOT NULL CHECK (type IN ('message', 'note')),
    content text NOT NULL,
    content_html text,
    attachment_ids uuid[] NOT NULL DEFAULT '{}',
    client_id text,
    client_digest bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, seq)
);
CREATE UNIQUE INDEX interactions_id ON interactions (workspace_id, id);
-- A client's message id counts for ever, within its ticket and author.
CREATE UNIQUE INDEX interactions_client ON interactions (workspace_id, ticket_id, author_id, client_id)
    WHERE client_id IS NOT NULL;
CALL guard('interactions');

CREATE TABLE events (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    public_seq bigint,
    type text NOT NULL,
    at timestamptz NOT NULL,
    actor_type text NOT NULL,
    actor_id uuid,
    data jsonb NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, seq)
);
CALL guard('events');

CREATE TABLE sla_targets (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    target text NOT NULL CHECK (target IN ('first_response', 'next_response', 'resolution')),
    policy_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    warn_at timestamptz NOT NULL,
    warned_at timestamptz,
    met_at timestamptz,
    breached_at timestamptz,
    paused_at timestamptz,
    stopped_at timestamptz,
    stood_still interval NOT NULL DEFAULT '0',
    PRIMARY KEY (workspace_id, ticket_id, target)
);
-- What is armed: read in pages at start, and by the watchdog.
CREATE INDEX sla_targets_armed ON sla_targets (due_at, workspace_id, ticket_id, target)
    WHERE met_at IS NULL AND breached_at IS NULL AND paused_at IS NULL AND stopped_at IS NULL;
CREATE INDEX sla_targets_report ON sla_targets (workspace_id, started_at);
CALL guard('sla_targets');

-- What opened a ticket, or came in by a channel, was keyed by this; a repeat finds the first result. Kept for ever.
CREATE TABLE command_keys (
    workspace_id uuid NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (workspace_id, scope, key)
);
CALL guard('command_keys');

-- One row a transaction of the writer: what it appended, waiting for its place in the log. Arrays are parallel.
CREATE TABLE log_pending (
    batch_id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    partitions smallint[] NOT NULL,
    ticket_ids uuid[] NOT NULL,
    seqs bigint[] NOT NULL,
    clocks boolean[] NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
CALL guard('log_pending');

CREATE TABLE attachments (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    ticket_id uuid,
    interaction_id uuid,
    filename text NOT NULL,
    mime_type text NOT NULL,
    size_bytes bigint NOT NULL,
    content_key text NOT NULL,
    content_id text,
    uploaded_by_type text NOT NULL,
    uploaded_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX attachments_interaction ON attachments (workspace_id, interaction_id) WHERE interaction_id IS NOT NULL;
CREATE INDEX attachments_unattached ON attachments (workspace_id, uploaded_by, created_at) WHERE interaction_id IS NULL;
CREATE INDEX attachments_content ON attachments (workspace_id, content_key);
CALL guard('attachments');

-- How far somebody has read a ticket: agents by seq, customers by public_seq.
CREATE TABLE reads (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    reader_id uuid NOT NULL,
    reader_type text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, ticket_id, reader_id)
);
CREATE INDEX reads_reader ON reads (workspace_id, reader_id);
CALL guard('reads');

CREATE TABLE article_categories (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX article_categories_name ON article_categories (workspace_id, lower(name));
CALL guard('article_categories');

CREATE TABLE articles (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL UNIQUE,
    title text NOT NULL,
    slug text NOT NULL,
    content text NOT NULL,
    category_id uuid,
    tags text[] NOT NULL DEFAULT '{}',
    author_id uuid NOT NULL,
    published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_modified_at timestamptz NOT NULL DEFAULT now(),
    view_count bigint NOT NULL DEFAULT 0,
    search tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'C')
    ) STORED,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, category_id) REFERENCES article_categories
);
CREATE UNIQUE INDEX articles_slug ON articles (workspace_id, slug);
CREATE INDEX articles_search ON articles USING gin (search);
CALL guard('articles');

CREATE TABLE sessions (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    agent_id uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    csrf_token text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX sessions_agent ON sessions (workspace_id, agent_id) WHERE ended_at IS NULL;
CALL guard('sessions');

CREATE TABLE api_tokens (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    agent_id uuid NOT NULL,
    name text NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX api_tokens_agent ON api_tokens (workspace_id, agent_id);
CALL guard('api_tokens');

CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    ticket_id uuid,
    seq bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, actor_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CALL guard('idempotency_keys');

-- What the writer keeps in memory about a workspace is a snapshot of these tables; a change of any of them
-- raises its version, which the writer reads in every transaction.
CREATE FUNCTION raise_config_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workspaces SET config_version = config_version + 1
    WHERE id = coalesce(NEW.workspace_id, OLD.workspace_id);
    RETURN NULL;
END
$$;
DO $triggers$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['agents', 'teams', 'team_members', 'inboxes', 'inbox_members', 'tags', 'sla_policies'] LOOP
        EXECUTE format('CREATE TRIGGER config_version AFTER INSERT OR UPDATE OR DELETE ON %I
            FOR EACH ROW EXECUTE FUNCTION raise_config_version()', name);
    END LOOP;
END
$triggers$;

-- Before a workspace is known: who is it that signs in, which inbox is meant? Each returns at most a few rows
-- by a unique key, and never a name or text of another workspace that the caller could not have known.
CREATE POLICY all_workspaces ON workspaces FOR SELECT TO parley_definer USING (true);
CREATE POLICY all_workspaces ON agents FOR SELECT TO parley_definer USING (true);
CREATE POLICY all_workspaces ON sessions FOR SELECT TO parley_definer USING (true);
CREATE POLICY all_workspaces ON api_tokens FOR SELECT TO parley_definer USING (true);
CREATE POLICY all_workspaces ON inboxes FOR SELECT TO parley_definer USING (true);
CREATE POLICY all_workspaces ON articles FOR SELECT TO parley_definer USING (true);
GRANT SELECT ON workspaces, agents, sessions, api_tokens, inboxes, articles TO parley_definer;

CREATE FUNCTION find_sign_ins(email text)
    RETURNS TABLE (workspace_id uuid, agent_id uuid, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id, id, password_hash FROM agents a
    WHERE lower(a.email) = lower($1) AND active ORDER BY created_at LIMIT 8
$$;
CREATE FUNCTION find_session(token_hash bytea)
    RETURNS TABLE (workspace_id uuid, session_id uuid, agent_id uuid, csrf_token text, expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id, id, agent_id, csrf_token, expires_at FROM sessions s
    WHERE s.token_hash = $1 AND ended_at IS NULL AND expires_at > now()
$$;
CREATE FUNCTION find_api_token(token_hash bytea)
    RETURNS TABLE (workspace_id uuid, token_id uuid, agent_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id, id, agent_id FROM api_tokens t WHERE t.token_hash = $1 AND revoked_at IS NULL
$$;
CREATE FUNCTION find_inbox_workspace(inbox_id uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id FROM inboxes WHERE id = $1 AND deleted_at IS NULL
$$;
CREATE FUNCTION find_inbox_by_address(address text) RETURNS TABLE (workspace_id uuid, inbox_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id, id FROM inboxes i WHERE lower(i.address) = lower($1) AND deleted_at IS NULL
$$;
CREATE FUNCTION find_article_workspace(article_id uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id FROM articles WHERE id = $1 AND published_at IS NOT NULL
$$;
CREATE FUNCTION list_workspaces() RETURNS TABLE (workspace_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT id, name FROM workspaces ORDER BY created_at, id
$$;
DO $owners$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['find_sign_ins(text)', 'find_session(bytea)', 'find_api_token(bytea)',
        'find_inbox_workspace(uuid)', 'find_inbox_by_address(text)', 'find_article_workspace(uuid)', 'list_workspaces()'] LOOP
        CALL give_to_definer(signature);
    END LOOP;
END
$owners$;
