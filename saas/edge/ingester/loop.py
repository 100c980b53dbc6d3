"""Receive, commit, acknowledge; again. One thread, so what is not committed is never read ahead of."""

import gc
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from django.db import ProgrammingError, connection

from saas.edge import metrics

from . import partitions
from .acks import Acks
from .commit import DATABASE_AWAY, Committer, Handler, Outcome
from .port import BrokerPort, Message
from .reading import Poison
from .sessions import Coverage, OpenPort, Sessions
from .shards import Share

log = structlog.get_logger("ingester")
MOST = 10_000
WINDOW_SECONDS = 0.1
BACK_OFF = (0.2, 5.0)
PARTITIONS_SECONDS = 1800.0
REPORT_SECONDS = 60.0
SLOW_SECONDS = 5.0  # a batch that takes longer is an alarm


def quiet_collector() -> None:
    """For a process that is an ingester and nothing else: what was made so far stays, and what a batch makes has no
    cycles, so looking for garbage again and again costs a tenth of the time and finds nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class Ingester:
    """Runs until `stop`. Waits for a broker or a database that is away; never acknowledges before the commit.

    `open_port` makes the port of this share and, after the number of ingesters changed, that of a session that nobody
    uses any more.
    """

    def __init__(self, open_port: OpenPort, handler: Handler, share: Share | None = None) -> None:
        share = share or Share()
        self._port = port = open_port(client_id=share.client_id, filters=share.filters(()))
        self._coverage = Coverage(port, share)
        self._sessions = Sessions(share, self._coverage, open_port)
        self._committer = Committer(handler)
        self._acks = Acks(port)
        self._stopping = False
        self._partitions_at = self._report_at = 0.0
        self._counts: Counter[str] = Counter()

    @property
    def ready(self) -> bool:
        """Connected and subscribed."""
        return self._port.ready

    def close(self) -> None:
        """Leave the broker; the session stays there."""
        self._port.close()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping = True

    def run(self) -> None:
        """Until stopped."""
        while not self._stopping:
            self._surely(self._keep_house)
            self.step()
            self._drain()
        self.close()
        connection.close()

    def step(self) -> int:
        """One batch; how many messages it had. Not acknowledged when stopped while the database is away."""
        count = self._serve(self._port)
        self._acks.send_due()
        self._report()
        return count

    def _serve(self, port: BrokerPort) -> int:
        batch = port.receive(most=MOST, within_s=WINDOW_SECONDS)
        if batch and self._surely(lambda: self._commit(batch)):
            port.acknowledge(batch)
        return len(batch)

    def _drain(self) -> None:
        """A batch of a session of an earlier division, if there is one."""
        if (old := self._sessions.leaving) and old.note(self._serve(old.port)):
            old.delete()
            self._surely(self._sessions.left)

    def _keep_house(self) -> None:
        self._coverage.tend()
        self._sessions.tend()
        self._keep_partitions()
        self._committer.tell_dropped(datetime.now(UTC))

    def _commit(self, batch: list[Message]) -> None:
        """Commit; a batch that the database refuses for its content is halved until the culprit stands alone."""
        started = time.perf_counter()
        try:
            outcome = self._committer.commit(batch)
        except DATABASE_AWAY:
            raise
        except Exception as wrong:
            if len(batch) == 1:
                outcome = self._isolate(batch[0], wrong)
            else:
                self._commit(batch[: len(batch) // 2])
                self._commit(batch[len(batch) // 2 :])
                return
        took = time.perf_counter() - started
        metrics.BATCH_SECONDS.observe(took)
        if took > SLOW_SECONDS:
            log.error("commit_slow", seconds=round(took, 1), messages=len(batch))
        self._count(outcome)
        self._acks.note(outcome)

    def _isolate(self, message: Message, wrong: Exception) -> Outcome:
        log.error("message_refused_by_database", topic=message.topic, error=str(wrong))
        return self._committer.isolate(Poison(message, f"error: {type(wrong).__name__}: {wrong}"))

    def _surely(self, work: Callable[[], None]) -> bool:
        """Do it, as often as the database is away; False when stopped meanwhile. Keeps the broker's connection up."""
        delay = BACK_OFF[0]
        while True:
            try:
                work()
                return True
            except (*DATABASE_AWAY, ProgrammingError) as away:  # ProgrammingError: not migrated yet
                log.error("database_away", error=str(away).strip(), retry_in_s=delay)
                metrics.DATABASE_AWAY.inc()
                connection.close()
            if self._stopping:
                return False
            self._port.receive(most=0, within_s=delay)
            delay = min(delay * 2, BACK_OFF[1])

    def _keep_partitions(self) -> None:
        if time.monotonic() >= self._partitions_at:
            made = partitions.ensure(now=datetime.now(UTC))
            self._partitions_at = time.monotonic() + PARTITIONS_SECONDS
            if made:
                log.info("partitions_made", count=made)

    def _count(self, outcome: Outcome) -> None:
        kept = len(outcome.poisons) - outcome.dropped
        counts = {
            "stored": outcome.stored, "repeated": outcome.repeated, "set_aside": kept, "dropped": outcome.dropped,
        }  # fmt: skip
        for name, count in counts.items():
            self._counts[name] += count
            metrics.MESSAGES.labels(name).inc(count)
        if outcome.unlinked:
            metrics.UNKNOWN_SESSION.inc(outcome.unlinked)
            log.info("samples_of_unknown_sessions", count=outcome.unlinked)
        if outcome.clocks:
            metrics.CLOCKS_OFF.inc(outcome.clocks)
        if outcome.poisons:
            _tell_poisons(outcome.poisons)

    def _report(self) -> None:
        if time.monotonic() >= self._report_at:
            self._report_at = time.monotonic() + REPORT_SECONDS
            log.info("ingested", **self._counts)


def _tell_poisons(poisons: list[Poison]) -> None:
    """One line a batch: a flood of poison must not become a flood in the log."""
    counts = Counter(poison.reason.partition(":")[0] for poison in poisons)
    topic, reason = poisons[0].source.topic[:200], poisons[0].reason[:200]
    log.warning("set_aside", count=len(poisons), reasons=dict(counts), topic=topic, reason=reason)
