-- Which processes an agent is connected to: who has no row here is offline. A process says every few seconds that
-- its rows still hold; those of one that was killed are reaped by the others, or by the next that starts.
CREATE TABLE connected_agents (
    workspace_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    process_id uuid NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, agent_id, process_id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX connected_agents_seen ON connected_agents (seen_at);
CALL guard('connected_agents');
CREATE INDEX agent_presence_shown ON agent_presence (workspace_id, agent_id) WHERE status <> 'offline';

CREATE POLICY reap ON connected_agents TO parley_definer USING (true);
CREATE POLICY reap ON agent_presence TO parley_definer USING (true);
GRANT SELECT, UPDATE, DELETE ON connected_agents TO parley_definer;
GRANT SELECT, UPDATE ON agent_presence TO parley_definer;

-- Forgets connections, at most `most`, that nobody has vouched for in so long, and makes offline whoever is left
-- without any; returns who that was. An agent's presence is locked before it is judged by a later look at the
-- connections: whoever comes meanwhile is seen, or waits and then comes.
CREATE FUNCTION reap_connected_agents(older_than interval, most integer) RETURNS TABLE (workspace_id uuid, agent_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    judged uuid[];
BEGIN
    DELETE FROM connected_agents c USING (
        SELECT l.workspace_id, l.agent_id, l.process_id FROM connected_agents l
        WHERE l.seen_at < now() - older_than ORDER BY l.seen_at LIMIT most FOR UPDATE SKIP LOCKED
    ) late
    WHERE (c.workspace_id, c.agent_id, c.process_id) = (late.workspace_id, late.agent_id, late.process_id);
    judged := ARRAY(
        SELECT p.agent_id FROM agent_presence p
        WHERE p.status <> 'offline' AND NOT EXISTS (
            SELECT FROM connected_agents c WHERE c.workspace_id = p.workspace_id AND c.agent_id = p.agent_id)
        ORDER BY p.workspace_id, p.agent_id FOR UPDATE);
    RETURN QUERY
    UPDATE agent_presence p SET status = 'offline'
    WHERE p.status <> 'offline' AND p.agent_id = ANY (judged) AND NOT EXISTS (
        SELECT FROM connected_agents c WHERE c.workspace_id = p.workspace_id AND c.agent_id = p.agent_id)
    RETURNING p.workspace_id, p.agent_id;
END
$$;
CALL give_to_definer('reap_connected_agents(interval, integer)');
