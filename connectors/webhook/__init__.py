"""Mail that a provider posts over HTTP: raw RFC 5322, SendGrid's and Mailgun's forms.

For the HTTP layer, which gives the request and answers with the refusal's problem or 202:

    read_post(content_type, body, secrets, now) -> Posted(raw, envelope)      # pure; connectors.webhook.post
    await receiver.store([NewMail(...)])                                      # returns after the commit

`read_post` raises `Unauthorized` for a missing or wrong signature, `Invalid` for a form without a mail.
Who may post (the inbox's token as a bearer, or Mailgun's signature) is decided in `authenticate`.
The layers keep `server.http` from importing connectors: wiring passes `WebhookReceiver.receive` in.
"""
