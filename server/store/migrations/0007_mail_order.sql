-- A processor that begins gives claimed mails back their place in the queue: at its end, a mail would be taken
-- in after those that came later, and an answer before what it answers.
CREATE OR REPLACE FUNCTION release_mails() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    UPDATE raw_mails SET next_attempt_at = received_at WHERE state = 'received' AND next_attempt_at > received_at
$$;
