-- The people of a mail and what is known of it: participants, further addresses, authentication, automatic answers.

-- Who besides the customer takes part in a ticket by mail: named in Cc by somebody who belongs to it. Answers go to
-- them too; what they write belongs to the ticket.
CREATE TABLE ticket_participants (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    added_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, ticket_id, customer_id),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES tickets ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, customer_id) REFERENCES customers ON DELETE CASCADE
);
CREATE INDEX ticket_participants_customer ON ticket_participants (workspace_id, customer_id);
CALL guard('ticket_participants');

-- What is known of an address: whose it is beside the one in `customers.email`, and that mail to it came back.
CREATE TABLE customer_addresses (
    workspace_id uuid NOT NULL,
    email text NOT NULL CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 320),
    customer_id uuid NOT NULL,
    bounced_at timestamptz,
    bounce text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, email),
    FOREIGN KEY (workspace_id, customer_id) REFERENCES customers ON DELETE CASCADE
);
CREATE INDEX customer_addresses_customer ON customer_addresses (workspace_id, customer_id);
CALL guard('customer_addresses');

-- A customer who was found to be another: what was theirs is the other's now; the row stays for the log's sake.
ALTER TABLE customers ADD COLUMN merged_into uuid;

-- Who wrote a mail, to whom, whether a machine did, and what proves it (server/domain/mail.py, Head).
ALTER TABLE raw_mails ADD COLUMN head jsonb NOT NULL DEFAULT '{}';
CREATE INDEX raw_mails_interaction ON raw_mails (workspace_id, interaction_id) WHERE interaction_id IS NOT NULL;

-- An answer that nobody wrote: marked as such when it leaves (RFC 3834), and counted by address and day.
ALTER TABLE outgoing_mails ADD COLUMN automatic boolean NOT NULL DEFAULT false;
