"""The mail role of a process: listener, processor, pollers and sender, wired and run together.

    office = PostOffice(settings, store, handle, blobs, vault, secret_key, bell)
    await office.open()                  # binds the SMTP port; OSError when it is taken
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(office.run)     # until cancelled
    await office.close()                 # first at shutdown: no new mail; then cancel `run`

`receiver.store` is also how a webhook keeps mail: see `connectors.webhook`.
"""
