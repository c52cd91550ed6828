-- name: select_calendars
-- Calendars with the policies that measure by them; few in every workspace.
SELECT c.id, c.name, c.definition, c.created_at, c.updated_at,
    ARRAY(SELECT p.id FROM sla_policies p WHERE p.workspace_id = c.workspace_id
          AND p.promises @> jsonb_build_array(jsonb_build_object('calendar_id', c.id))
          ORDER BY p."position", p.created_at DESC, p.id) AS policy_ids
    /*sort*/
FROM calendars c WHERE c.workspace_id = $1

-- name: count_calendars
SELECT count(*) FROM calendars WHERE workspace_id = $1

-- name: add_calendar
INSERT INTO calendars (workspace_id, id, name, definition) VALUES ($1, $2, $3, $4::jsonb)

-- name: change_calendar
UPDATE calendars SET name = $3, definition = $4::jsonb, updated_at = now() WHERE workspace_id = $1 AND id = $2

-- name: delete_calendar
DELETE FROM calendars WHERE workspace_id = $1 AND id = $2
