"""amqtt 0.12.1 with the repairs that an open port needs. Each override says what is wrong underneath.

Written against the installed source; the pin in pyproject.toml is exact for that reason.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

import structlog
from amqtt.adapters import ReaderAdapter, StreamWriterAdapter, WriterAdapter
from amqtt.broker import Broker, Server
from amqtt.errors import AMQTTError, NoDataError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.mqtt.connect import ConnectPacket
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

from saas.kit.home import home
from saas.kit.pki import Authority

from .plugin import Door, bind_address
from .redelivery import KeepingHandler, is_kept
from .stream import GuardedReader

log = structlog.get_logger("broker")
MAX_STORED = 50_000  # messages kept for a subscriber that is away; devices send again what is dropped here
TAKE_OVER_SECONDS = 10.0


class Connection:
    """One client that showed a valid password."""

    def __init__(self, session: Session, password: str, writer: WriterAdapter) -> None:
        self.user: str = session.username or ""
        self.password = password
        self.handler: BrokerProtocolHandler | None = None
        self.writer = writer
        self.over = asyncio.Event()

    async def end(self) -> None:
        """Close it and wait until nothing of it runs any more."""
        if self.handler is None:
            await self.writer.close()
        else:
            await self.handler.handle_connection_closed()
        try:
            await asyncio.wait_for(self.over.wait(), TAKE_OVER_SECONDS)
        except TimeoutError:
            log.error("connection_stuck", user=self.user)
            self.over.set()


class _Snapshots(dict[str, Any]):
    """amqtt walks its subscriptions with awaits in between, while others subscribe: RuntimeError without a copy."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> Any:
        return list(super().items())


class GuardedBroker(Broker):  # type: ignore[misc]
    """Authenticates before it touches anybody's session, checks wills, ends revoked and silent connections."""

    def __init__(self) -> None:
        super().__init__(
            {
                "listeners": _listeners(),
                "plugins": {f"{Door.__module__}.{Door.__name__}": {}},
            }
        )
        door = self.plugins_manager.get_plugin("Door")
        if not isinstance(door, Door):
            raise RuntimeError("amqtt did not load the plugin that checks passwords")
        self._door = door
        self._connections: dict[str, Connection] = {}
        self._subscriptions = _Snapshots()

    async def drop_revoked(self) -> None:
        """Read the credentials again when they changed; end connections whose password is no longer valid."""
        if not self._door.credentials.changed():
            return
        for client_id, held in list(self._connections.items()):
            if not self._door.credentials.accepts(held.user, held.password):
                log.info("connection_revoked", user=held.user)
                await held.end()
                await self._cleanup_session(client_id)

    @staticmethod
    def _create_ssl_context(listener: Any) -> ssl.SSLContext:
        """Upstream takes two files that somebody must have made; ours are the installation's own, TLS 1.2 or newer."""
        return Authority.load_or_make(home().pki).server_context(home().tls_names)

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """As upstream, with a reader that has limits; who is gone while we say goodbye is gone."""
        with contextlib.suppress(OSError):
            await self._client_connected(listener_name, GuardedReader(reader), StreamWriterAdapter(writer))

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        """Upstream replaces or deletes the named client's session before it has seen a password."""
        assert isinstance(reader, GuardedReader)
        asked = await self._read_connect(reader, writer)
        reader.rewind()
        await self._take_over(asked, writer)
        mine = self._connections[asked.client_id]
        try:
            _, session = await super()._initialize_client_session(reader, writer, remote_address, remote_port)
        except BaseException:
            self._forget(asked.client_id, mine)
            raise
        mine.handler = handler = KeepingHandler(self.plugins_manager)
        session.is_anonymous, session.clean_session = False, asked.clean_session
        self._door.credentials.note_use(mine.user, mine.password)
        reader.silence_s = asked.keep_alive * 1.5 or None
        return handler, session

    async def _read_connect(self, reader: GuardedReader, writer: WriterAdapter) -> Session:
        """Who asks to come in; AMQTTError after a refusal was sent."""
        try:
            connect = await ConnectPacket.from_stream(reader)
        except (NoDataError, AMQTTError, ValueError, UnicodeError, AttributeError) as wrong:
            await writer.close()
            raise AMQTTError(f"no CONNECT: {wrong!r}") from wrong
        asked = _claimed(connect)
        reason = self._door.why_not(asked)
        if reason is None:
            return asked
        self._door.tally.count(asked.username or "", reason, client=asked.client_id)
        await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
        await writer.close()
        raise AMQTTError("not authorised")

    async def _take_over(self, asked: Session, writer: WriterAdapter) -> None:
        """End an older connection of that client first: upstream leaves the session disconnected for ever."""
        while (older := self._connections.get(asked.client_id)) is not None:
            await older.end()
            self._forget(asked.client_id, older)
        self._connections[asked.client_id] = Connection(asked, asked.password or "", writer)

    async def _handle_client_session(  # noqa: PLR0917
        self,
        reader: ReaderAdapter,
        writer: WriterAdapter,
        client_session: Session,
        handler: BrokerProtocolHandler,
        server: Server,
        listener_name: str,
    ) -> None:
        """Upstream leaves the socket open and the session connected when its message loop gives up."""
        mine = self._connections[client_session.client_id]
        try:
            await super()._handle_client_session(reader, writer, client_session, handler, server, listener_name)
            await self._deliver_the_rest(client_session, handler)
        finally:
            if client_session.transitions.is_connected():
                await self._stop_handler(handler)
                client_session.transitions.disconnect()
            await writer.close()
            if isinstance(reader, GuardedReader) and reader.oversized:
                self._door.tally.count(mine.user, "oversized")
            self._forget(client_session.client_id, mine)

    async def _deliver_the_rest(self, session: Session, handler: BrokerProtocolHandler) -> None:
        """Upstream drops what a client sent just before it left, though it said PUBACK to it."""
        goes_on = True
        while goes_on and not session.delivered_message_queue.empty():
            last = asyncio.get_running_loop().create_future()
            last.set_result(session.delivered_message_queue.get_nowait())
            goes_on = await self._handle_message_delivery(session, handler, last)

    async def _handle_message_delivery(
        self, client_session: Session, handler: BrokerProtocolHandler, wait_deliver: asyncio.Future[Any]
    ) -> bool:
        """Upstream ends a connection that publishes to `$…` or to a wildcard before it asks the topic rules."""
        goes_on: bool = await super()._handle_message_delivery(client_session, handler, wait_deliver)
        if not goes_on:
            topic = wait_deliver.result().topic
            self._door.tally.count(client_session.username or "", "foreign_publish", topic=topic)
        return goes_on

    def _forget(self, client_id: str, connection: Connection) -> None:
        connection.over.set()
        if self._connections.get(client_id) is connection:
            del self._connections[client_id]

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Upstream sends a new client the retained messages of everybody's subscriptions."""
        holders = self._subscriptions.get(subscription[0], [])
        if any(holder.client_id == session.client_id for holder, _ in holders):
            await super()._publish_retained_messages_for_subscription(subscription, session)

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """Upstream waits for every acknowledgement before it serves the client any further."""
        handler = self._get_handler(session)
        if not is_kept(session) or handler is None:
            await super()._publish_session_retained_messages(session)
            return
        while not session.retained_messages.empty():
            kept = session.retained_messages.get_nowait()
            sending = handler.mqtt_publish(kept.topic, kept.data, kept.qos, retain=True)
            self._tasks_queue.append(asyncio.ensure_future(sending))

    async def _retain_broadcast_message(self, broadcast: dict[str, Any], qos: int, target_session: Session) -> None:
        """Upstream keeps messages for an absent subscriber without end."""
        if target_session.retained_messages.qsize() >= MAX_STORED:
            target_session.retained_messages.get_nowait()
        await super()._retain_broadcast_message(broadcast, qos, target_session)


def _claimed(connect: ConnectPacket) -> Session:
    session = Session()
    session.client_id, session.clean_session = connect.client_id, connect.clean_session_flag
    session.username, session.password = connect.username, connect.password
    session.will_topic = connect.will_topic if connect.will_flag else None
    session.keep_alive = connect.keep_alive
    return session


def _listeners() -> dict[str, dict[str, Any]]:
    """Plain on loopback; TLS besides, where a port for it is named."""
    found: dict[str, dict[str, Any]] = {"default": {"type": "tcp", "bind": bind_address()}}
    if port := home().mqtt_tls_port:
        found["tls"] = {"type": "tcp", "bind": f"{home().bind}:{port}", "ssl": True}
    return found
