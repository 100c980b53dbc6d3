"""How what a station says becomes a fact with a name of its own, so that a repeat is the same fact.

Stations number nothing that suits us and repeat themselves when an answer is lost. So (boot, seq) is computed from the
message, never counted, and no memory of the gateway is needed for it:

- **Turns** (OCPP 2.0.1 TransactionEvent; 1.6 StartTransaction, StopTransaction): each fact has a boot of its own,
  number(device, what names the message, which fact of it), and seq 1. What names a TransactionEvent is transaction id,
  seqNo, event type and timestamp; what names a 1.6 message is all of its content: under a new message id it is the same
  fact, with any other content it is another one. The transaction id that we give in 1.6 is made of the same content, so
  a repeated StartTransaction gets the same id.
  The ingester's acknowledgement (boot, 1) then says that this very fact is committed, in whatever order stations
  replay what they queued.
- **Streams** (MeterValues, also those inside a StopTransaction; notices, plugs and faults; replies): nobody waits for
  their acknowledgement. Boot is number(device, stream, evse, five minutes of the message's own time); seq is the
  millisecond within the five minutes and 11 bits of the content. There are gaps, and `low` is not said, so what comes
  late is stored as well. The ingester keeps up to 1000 gaps a boot: three samples a second per EVSE.

`ts_ms` is the message's own timestamp, else the moment of receipt, so a repeat carries the same.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Reply, Telemetry

Fact = Telemetry | Event | Reply
Numbers = tuple[int, int]
TOPICS: Mapping[type, str] = {Telemetry: wire.TOPIC_TELEMETRY, Event: wire.TOPIC_EVENT, Reply: wire.TOPIC_REPLY}
STREAM_PERIOD_MS = 300_000
CONTENT_BITS = 11
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_2024 = 1_704_067_200
_MILLISECOND = timedelta(milliseconds=1)
_sorted = msgspec.json.Encoder(order="deterministic").encode


def number(*parts: object, bits: int = 63) -> int:
    """A positive number of `bits` bits that depends on the parts alone."""
    digest = blake2b(_sorted(parts), digest_size=8).digest()
    return int.from_bytes(digest, "big") % ((1 << bits) - 1) + 1


def of_turn(device: str, *named_by: object) -> Numbers:
    """(boot, seq) of a fact that is alone in its boot."""
    return number(device, *named_by), 1


@lru_cache(maxsize=8192)
def _boot_of_stream(device: str, stream: str, evse: int, period: int) -> int:
    return number(device, stream, evse, period)


def of_stream(device: str, stream: str, evse: int, ts_ms: int, content: object) -> Numbers:
    """(boot, seq) of one fact of a stream in time."""
    period, within_ms = divmod(ts_ms, STREAM_PERIOD_MS)
    seq = within_ms * 2**CONTENT_BITS + number(content, bits=CONTENT_BITS)
    return _boot_of_stream(device, stream, evse, period), seq


def transaction_id(device: str, payload: Mapping[str, Any], *, of_content: bool = False) -> int:
    """The id that we give to a 1.6 transaction: 1 … 2^31 - 1, the same for the same StartTransaction.

    28 bits of its second since 2024, so that no two of a connector meet within 8.5 years (of its content for a clock
    that lies before 2024, or where it must be `of_content`), and 3 bits of its connector, so that a stop names its EVSE
    to a gateway that forgot.
    """
    second = instant_ms(payload["timestamp"]) // 1000 - _SECOND_2024
    by_time = second >= 0 and not of_content
    moment = second % 2**28 if by_time else number(device, "transactionId", payload, bits=28)
    connector = payload["connectorId"]
    return max(1, moment * 8 + (connector if connector < 8 else 0))


def evse_of(transaction: int) -> int:
    """The connector of a transaction that we numbered; 0 when it does not say."""
    return transaction % 8


def instant_ms(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time that passed the schema; years before 1970 count as 1970."""
    upper = text.upper()
    try:
        moment = datetime.fromisoformat(upper)
    except ValueError:  # a leap second, or the year 0, which RFC 3339 knows and datetime does not
        if not upper.startswith("0000"):
            return instant_ms(upper.replace(":60", ":59", 1)) + 1000
        return 0
    return max(0, (moment - _EPOCH) // _MILLISECOND)


def text_of(ts_ms: int) -> str:
    """The time as OCPP writes it: UTC, milliseconds, Z."""
    return (_EPOCH + ts_ms * _MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamped(numbers: Numbers, ts_ms: int, evse: int) -> dict[str, Any]:
    """The fields that every fact carries."""
    boot, seq = numbers
    return {"v": 1, "boot": boot, "seq": seq, "ts_ms": ts_ms, "evse": evse}
