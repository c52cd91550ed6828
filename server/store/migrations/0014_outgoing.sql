-- What is known of a mail that leaves: who it went to, and when it was queued last.

-- `people` has from, to and cc as they were written when it was sent or tried (names and addresses); copies to
-- the inbox's own record (bcc) are not among them. `queued_at` is when its patience with the relay began: a reply
-- that failed and is sent again begins anew.
ALTER TABLE outgoing_mails ADD COLUMN people jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now();
