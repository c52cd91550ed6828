"""The parts of a process that runs, made once and given to each other; nothing here starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import anyio

from connectors.extract.reader import SandboxReader
from connectors.fetch.fetch import Fetcher
from connectors.fetch.images import RemoteImages
from connectors.post_office import PostOffice
from connectors.trials import Trials
from connectors.webhooks.deliverer import Deliverer
from connectors.webhooks.post import Poster, webhook_fetcher
from server.clock import new_id
from server.domain.errors import Unavailable
from server.domain.links import AttachmentLinks, ImageLinks
from server.handle import Handle, Outcome
from server.http.limits import Limits
from server.http.passwords import Passwords
from server.http.state import State
from server.kafka_access import kafka_access
from server.queries.credentials import Credentials
from server.queries.visitor_token import visitor_key
from server.realtime.bus import BELL
from server.realtime.bus.choice import choose_bus
from server.realtime.live import Live
from server.relay.applying import Applying
from server.relay.consumer import Consumer, Handler
from server.relay.files import CONSUMER as FILES
from server.relay.files import FileIndex
from server.relay.follower import follow
from server.relay.kafka import CONSUMER as KAFKA
from server.relay.kafka import PATIENCE_SECONDS, KafkaPublisher
from server.relay.kafka_topics import KafkaTopics
from server.relay.notifications import CONSUMER as NOTIFICATIONS
from server.relay.notifications import Notifications
from server.relay.parked import ParkedEvents
from server.relay.rollups import RollUps
from server.relay.search import CONSUMER as SEARCH
from server.relay.search import SearchIndex
from server.relay.sequencer import Sequencer
from server.relay.sla_trials import SlaTrials
from server.relay.webhooks import CONSUMER as WEBHOOKS
from server.relay.webhooks import Webhooks
from server.secret_key import previous_key
from server.settings import Settings
from server.store.bell import Bell
from server.store.blobs import Blobs
from server.store.pool import Store
from server.store.rollups import CONSUMER as ROLLUPS
from server.store.vault import Vault
from server.store.workspaces import ping
from server.streams.sla import CONSUMER as SLA
from server.streams.sla import SlaStream
from server.streams.sla_kafka import SlaOnKafka
from server.streams.sla_log import SlaOnLog

Role = Literal["web", "mail", "streams"]
ROLES: tuple[Role, ...] = ("web", "mail", "streams")
OUTGOING = "outgoing mail"  # how the consumer of what leaves by mail is remembered
STATIC = Path(__file__).parent / "static"
HEALTH_SECONDS = 1.0


class Running:
    """The parts of a process that runs; `readiness` is what `/readyz` says."""

    def __init__(self, settings: Settings, roles: tuple[Role, ...], store: Store, secret_key: bytes) -> None:
        self.settings = settings
        self.roles = roles
        self.store = store
        self._process = new_id().bytes
        self.bus = choose_bus(settings, secret_key)
        self.bus.want(BELL)
        self.bus.listen(self._rung, lambda _: self.bell.ring())
        self.bell = Bell(lambda: self.bus.ready)
        self.handle = Handle(store)
        self.sequencer = Sequencer(store, self.bell, self._log_grew)
        previous = previous_key(settings)
        self.credentials = Credentials(store, secret_key, previous)
        self.links = AttachmentLinks(secret_key, previous)
        self.vault = Vault(secret_key, previous)
        self.blobs = Blobs(settings.data_dir / "attachments")
        self.live = Live(settings, store, self.handle, self.credentials, self.links, self.bus)
        index = SearchIndex(store)
        self.search = Consumer(store, self.bell, SEARCH, index.handle)
        self.reader = SandboxReader()
        files = FileIndex(store, self.blobs, self.reader)
        self.files = Consumer(store, self.bell, FILES, files.handle)
        self.kafka = KafkaTopics(kafka_access(settings), settings.kafka_prefix)
        self.publisher = KafkaPublisher(self.kafka)
        self.published = Consumer(store, self.bell, KAFKA, self.publisher.handle, patience=PATIENCE_SECONDS)
        self.sla: SlaStream = (
            SlaOnKafka(store, self.handle, self.kafka)
            if settings.kafka_brokers
            else SlaOnLog(store, self.bell, self.handle)
        )
        self.applying = Applying(store, self.handle.submit)
        self.sla_trials = SlaTrials(store)
        self.office = PostOffice(settings, store, self.handle, self.blobs, self.vault, secret_key, previous)
        self.outgoing = Consumer(store, self.bell, OUTGOING, self.office.on_events)
        told = self.live.unread.tell
        notifying = Notifications(store, told, self.office.mailing)
        self.notifications = Consumer(store, self.bell, NOTIFICATIONS, notifying.handle)
        poster = Poster(webhook_fetcher(settings.webhook_private), self.vault)
        self.deliverer = Deliverer(store, poster, told)
        queueing = Webhooks(store, self.deliverer.wake, told)
        self.webhooks = Consumer(store, self.bell, WEBHOOKS, queueing.handle)
        handlers: dict[str, Handler] = {
            SEARCH: index.handle,
            FILES: files.handle,
            OUTGOING: self.office.on_events,
            NOTIFICATIONS: notifying.handle,
            WEBHOOKS: queueing.handle,
        }
        rollups = RollUps(store)
        handlers[ROLLUPS] = rollups.handle
        self.rollups = Consumer(store, self.bell, ROLLUPS, rollups.handle)
        if settings.kafka_brokers:
            handlers[KAFKA] = self.publisher.handle_again
        self.parked_events = ParkedEvents(store, handlers)
        kept = {SLA: self.sla.hear_again}
        self.parked_clocks = ParkedEvents(store, kept, lambda: self.sla.alarms.partitions)
        fetcher = Fetcher()
        trials = Trials(store, self.vault, fetcher)
        self.state = State(
            settings=settings,
            store=store,
            handle=self.handle,
            credentials=self.credentials,
            links=self.links,
            image_links=ImageLinks(secret_key, previous),
            vault=self.vault,
            blobs=self.blobs,
            limits=Limits(settings),
            passwords=Passwords(),
            receive_mail=self.office.receive_posted,
            fetch_image=RemoteImages(fetcher).get,
            trials={"imap": trials.imap, "smtp": trials.smtp},
            trade_code=trials.consent,
            ping_webhook=poster.ping,
            notified=told,
            consumers=frozenset(handlers | kept),
            readiness=self.readiness,
            static=STATIC,
            visitor_key=visitor_key(secret_key),
        )
        self.draining = False
        self._storage = "starting"

    def readiness(self) -> Mapping[str, str]:
        """Each part that this process has: "ok", or why not."""
        parts = {"storage": self._storage, "sequencer": word(self.sequencer.ready)}
        if "streams" in self.roles:
            parts |= {"sla": word(self.sla.ready), "search": word(self.search.ready)}
            parts["attachment text"] = word(self.files.ready)
            parts["report roll-ups"] = word(self.rollups.ready)
            parts["policies"] = word(self.applying.ready)
            parts["trials"] = word(self.sla_trials.ready)
            parts["notifications"] = word(self.notifications.ready)
            parts["webhooks"] = word(self.webhooks.ready and self.deliverer.ready)
            if self.settings.kafka_brokers:
                parts["kafka"] = self.kafka.state
        if "mail" in self.roles:
            parts |= {"smtp": word(self.office.ready), "outgoing": word(self.outgoing.ready)}
        if self.bus.shared:
            parts["bus"] = "ok" if self.bus.ready else "away"
        if self.draining:
            parts["process"] = "draining"
        return parts

    async def watch_storage(self) -> None:
        """Ask Postgres for a sign of life once a second."""
        while True:
            try:
                with anyio.fail_after(5):
                    await ping(self.store)
                self._storage = "ok"
            except (Unavailable, TimeoutError):
                self._storage = "away"
            await anyio.sleep(HEALTH_SECONDS)

    def told(self, outcomes: list[Outcome]) -> None:
        """The writer of this process committed: let the sequencer look at once."""
        self.sequencer.wake()

    async def read_files(self) -> None:
        """Read attached files for search until cancelled, and leave no child behind."""
        try:
            await self.files.run()
        finally:
            with anyio.CancelScope(shield=True):
                await self.reader.close()

    async def publish(self) -> None:
        """Tell Kafka the log until cancelled, and leave no connection behind."""
        try:
            await self.published.run()
        finally:
            await self.publisher.close()

    async def leave(self) -> None:
        """This process stops: let others hear at once that nobody is here any more."""
        self.live.rooms.leave()
        await self.bus.flush()

    def _log_grew(self) -> None:
        """This process numbered the log: those who follow it elsewhere look at once."""
        self.bus.publish(BELL, self._process)

    def _rung(self, channel: int, note: bytes) -> None:
        if channel == BELL and note != self._process:
            self.bell.ring()

    async def follow_log(self) -> None:
        """Tell the rooms of this process what other processes wrote."""
        async for places in follow(self.store, self.bell):
            self.live.rooms.heard(places)
            for place in places:
                self.handle.heard(place.ticket_id, place.seq)


def word(ready: bool) -> str:
    """How `/readyz` says it."""
    return "ok" if ready else "starting"
