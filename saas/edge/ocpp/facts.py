"""How what a station says becomes a fact with a name of its own, so that a repeat is the same fact.

Stations number nothing that suits us and repeat themselves when an answer is lost. So (boot, seq) is computed, never
counted, and no memory of the gateway is needed for it:

- **OCPP 2.0.1 TransactionEvent**: boot = number(device, "transaction", transactionId); seq = seqNo * 65536 + slot + 1,
  slot 0 for an opening event, 1… for the samples of the message in their order, the last for a closing event. Slots
  depend on the message alone, so they do not move when the gateway forgot what came before.
- **OCPP 1.6 StartTransaction, StopTransaction**: boot = number(device, action, the whole payload); slots from 0.
  The same content under a new message id is the same fact; any other content is another fact. The transaction id that
  we give is a 31-bit number of the same content, so a repeated StartTransaction gets the same id.
- **Streams** (MeterValues; notices, plugs and faults): boot = number(device, stream name, evse); seq grows with the
  message's own time: ts_ms * 2048 + 11 bits of the content.
- **Replies to commands**: a stream whose content is the command's id.

`ts_ms` is the message's own timestamp, else the moment of receipt, so a repeat carries the same. Every fact says
`low` = its own seq: nothing below is waited for. The store's unique key is (device, boot, seq) and the ingester's
acknowledgement of (boot, n ≥ seq) that arrives after publishing says that the fact is committed: a station has one
call open at a time, so nothing newer of the same boot is under way while its answer is held back.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Reply, Telemetry

Fact = Telemetry | Event | Reply
Numbers = tuple[int, int]
TOPICS: Mapping[type, str] = {Telemetry: wire.TOPIC_TELEMETRY, Event: wire.TOPIC_EVENT, Reply: wire.TOPIC_REPLY}
SLOTS = 65_536
MAX_SEQ = 2**53
_STREAM_STEP = 2048
_sorted = msgspec.json.Encoder(order="deterministic").encode


def number(*parts: object, bits: int = 63) -> int:
    """A positive number of `bits` bits that depends on the parts alone."""
    digest = blake2b(_sorted(parts), digest_size=8).digest()
    span: int = 2**bits - 1
    return int.from_bytes(digest, "big") % span + 1


def of_turn(device: str, transaction: str, seq_no: int) -> Callable[[int], Numbers]:
    """(boot, seq) of the fact in a slot of a numbered message of a 2.0.1 transaction."""
    boot = number(device, "transaction", transaction)
    return lambda slot: (boot, seq_no * SLOTS + slot + 1)


def of_content(device: str, action: str, payload: Mapping[str, Any]) -> Callable[[int], Numbers]:
    """(boot, seq) of the fact in a slot of a 1.6 message; the content is hashed once."""
    boot = number(device, action, payload)
    return lambda slot: (boot, slot + 1)


def of_stream(device: str, stream: str, evse: int, ts_ms: int, content: object) -> Numbers:
    """(boot, seq) of one fact of a stream in time. Total: any time maps into the lawful range."""
    seq = ts_ms * _STREAM_STEP + number(content, bits=11)
    return number(device, stream, evse), seq % MAX_SEQ + 1


def transaction_id(device: str, payload: Mapping[str, Any]) -> int:
    """The id that we give to a 1.6 transaction: 1 … 2^31 - 1, the same for the same content."""
    return number(device, "transactionId", payload, bits=31)


def instant_ms(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time that passed the schema; years before 1970 count as 1970."""
    upper = text.upper()
    try:
        moment = datetime.fromisoformat(upper)
    except ValueError:  # a leap second, or the year 0, which RFC 3339 knows and datetime does not
        if not upper.startswith("0000"):
            return instant_ms(upper.replace(":60", ":59", 1)) + 1000
        return 0
    return max(0, int(moment.timestamp() * 1000))


def text_of(ts_ms: int) -> str:
    """The time as OCPP writes it: UTC, milliseconds, Z."""
    return datetime.fromtimestamp(ts_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamped(numbers: Numbers, ts_ms: int, evse: int) -> dict[str, Any]:
    """The fields that every fact carries."""
    boot, seq = numbers
    return {"v": 1, "boot": boot, "seq": seq, "low": seq, "ts_ms": ts_ms, "evse": evse}
