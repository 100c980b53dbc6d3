"""PostgreSQL's notifications on a connection of their own, made again with back-off when it breaks."""

import time

import psycopg
import structlog
from psycopg import sql

from saas.kit.home import home

log = structlog.get_logger("wattlane")
BACK_OFF = (0.5, 5.0)


class Listener:
    """Hears of what is notified while it listens. Whatever was said while the connection was down is lost: callers
    scan the rows again when `fresh` says that the connection is a new one."""

    def __init__(self, *channels: str) -> None:
        self._channels = channels
        self._connection: psycopg.Connection | None = None
        self._back_off = BACK_OFF[0]
        self.fresh = True

    def wait(self, seconds: float) -> list[tuple[str, str]]:
        """(channel, payload) of the first notification within `seconds` and of those that came with it."""
        try:
            connection = self._connection or self._connect()
            heard = [(note.channel, note.payload) for note in connection.notifies(timeout=seconds, stop_after=1)]
        except psycopg.Error as away:
            self._lost(away)
            return []
        self._back_off = BACK_OFF[0]
        return heard

    def close(self) -> None:
        """Stop listening."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection:
        connection = psycopg.connect(home().database_url, autocommit=True, connect_timeout=5)
        for channel in self._channels:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self._connection, self.fresh = connection, True
        return connection

    def _lost(self, away: psycopg.Error) -> None:
        log.warning("database_away", error=str(away).strip(), retry_in_s=self._back_off)
        self.close()
        time.sleep(self._back_off)
        self._back_off = min(self._back_off * 2, BACK_OFF[1])
