-- The reply that agents write together. A ticket counts its drafts: sending one raises the generation and deletes
-- what is stored of it, in the transaction of the message, so that nothing of it can be in the next.
ALTER TABLE tickets ADD COLUMN draft_generation integer NOT NULL DEFAULT 1;

-- Updates of a draft as their processes wrote them; merging is commutative and takes repeats, so their order means
-- nothing, and any number of them may be replaced by one that has all they say. They hold text: erased with it.
CREATE TABLE draft_updates (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    id uuid NOT NULL,
    generation integer NOT NULL,
    data bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, ticket_id, id)
);
CALL guard('draft_updates');
