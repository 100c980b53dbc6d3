"""Questions of the OCPP gateway, answered over the broker by the process that knows the business.

A question travels on `rpc/v1/ask/<method>/<caller>/<correlation>`, its answer on
`rpc/v1/answer/<caller>/<correlation>`. JSON both ways; the answer is an Answer around the method's result.
"""

from typing import Any, Literal

import msgspec

ASK = "rpc/v1/ask/{method}/{caller}/{correlation}"
ANSWER = "rpc/v1/answer/{caller}/{correlation}"
ASK_FILTER = "rpc/v1/ask/+/+/+"
ANSWER_FILTER = "rpc/v1/answer/{caller}/+"


class Certificate(msgspec.Struct, kw_only=True):
    """What a station's TLS client certificate says; the gateway has checked its chain and dates."""

    common_name: str
    organisation: str
    serial: str  # hexadecimal
    sha256: str  # hexadecimal, of the DER


class Connect(msgspec.Struct, kw_only=True, omit_defaults=True):
    """May this station open a connection? `tenant` is the path's tenant; None for the short path."""

    station_id: str
    tenant: str | None = None
    password: str | None = None  # of HTTP Basic: the station's own, or the tenant's registration token
    protocol: str = ""  # sub-protocol: ocpp1.6, ocpp2.0.1
    tls: bool = False
    certificate: Certificate | None = None  # of the client, proved by TLS (profile 3)


class Connected(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`status` 101 to go on, else 401 (then `device` is for the log alone) or 404.

    A pending station may talk, yet charges nobody. `costs`: it shows its drivers what a session costs so far.
    """

    status: Literal[101, 401, 404]
    device: str | None = None
    pending: bool = False
    costs: bool = False


class Boot(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a station says of itself in BootNotification."""

    device: str
    protocol: str = ""
    vendor: str = ""
    model: str = ""
    serial_number: str = ""
    firmware: str = ""
    reason: str = ""


class Booted(msgspec.Struct, kw_only=True):
    """The answer to BootNotification; `interval_s` of heartbeats, or until it asks again."""

    status: Literal["Accepted", "Pending", "Rejected"]
    interval_s: int
    now_ms: int


class Authorise(msgspec.Struct, kw_only=True, omit_defaults=True):
    """May this token charge at this station? With a contract certificate (ISO 15118): is that one good as well?

    `purpose`: what the station is doing; only a start can be refused as ConcurrentTx, and nobody is kept from stopping.
    """

    device: str
    id_tag: str
    purpose: Literal["authorise", "start", "stop"] = "authorise"
    kind: str = ""  # OCPP 2.0.1 IdTokenEnumType; empty where the protocol does not say
    evse: int = 0  # 0: not said
    transaction: str = ""  # the station's, of a start or stop
    certificate: str = ""  # PEM chain of the contract
    hashes: list[dict[str, Any]] = []  # OCSPRequestDataType


class Authorised(msgspec.Struct, kw_only=True, omit_defaults=True):
    """OCPP 2.0.1 words, as they say more than those of 1.6; an unknown token may also be called Invalid.

    `expires_ms` None: no end; `parent`: group of the token; `message`: for the driver, as MessageContentType;
    `evses`: the only ones at which it may charge; `certificate`: AuthorizeCertificateStatusEnumType.
    """

    status: Literal[
        "Accepted",
        "Blocked",
        "Expired",
        "Invalid",
        "ConcurrentTx",
        "NoCredit",
        "NotAllowedTypeEVSE",
        "NotAtThisLocation",
        "NotAtThisTime",
        "Unknown",
    ]
    expires_ms: int | None = None
    parent: str | None = None
    parent_kind: str = "Central"
    message: dict[str, str] | None = None
    evses: list[int] = []
    certificate: str | None = None


class Cost(msgspec.Struct, kw_only=True):
    """What does this transaction cost, so far or in the end?"""

    device: str
    transaction: str


class Costed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """In the main unit of the tenant's currency, taxes included, as OCPP's totalCost wants it: a decimal number as a
    text. None: nobody knows such a transaction.
    """

    total: str | None = None


class StatusReport(msgspec.Struct, kw_only=True, omit_defaults=True):
    """StatusNotification in OCPP 1.6 words, whatever the protocol. EVSE 0 is the station as a whole."""

    device: str
    evse: int
    status: str
    ts_ms: int
    connector: int = 1
    error_code: str = "NoError"
    info: str = ""


class Presence(msgspec.Struct, kw_only=True):
    """The station is there (connection opened, heartbeat) or gone (connection closed)."""

    device: str
    online: bool


class Heard(msgspec.Struct, kw_only=True):
    """Any other call of a station, in OCPP's own words: the domain says what it is answered."""

    device: str
    protocol: str  # ocpp1.6, ocpp2.0.1
    action: str
    payload: dict[str, Any]
    ts_ms: int


class Response(msgspec.Struct, kw_only=True):
    """The payload of the CALLRESULT that the station gets."""

    payload: dict[str, Any]


class CallDone(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of a command of type `ocpp`: the station's answer, else `error`.

    `error`: the station's own CALLERROR code, or ours: no_answer, offline, bad_format, answer_breaks_schema,
    command_expired.
    """

    device: str
    id: str  # of the command
    payload: dict[str, Any] | None = None
    error: str | None = None
    text: str = ""
    took_ms: int = 0


class Noted(msgspec.Struct, kw_only=True):
    """Written down. `now_ms` is the platform's clock."""

    now_ms: int


class Answer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`error` is the stable code of a refusal, `message` its text for people."""

    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: str | None = None
    message: str | None = None


METHODS: dict[str, tuple[type[Any], type[Any]]] = {
    "connect": (Connect, Connected),
    "boot": (Boot, Booted),
    "authorise": (Authorise, Authorised),
    "cost": (Cost, Costed),
    "status": (StatusReport, Noted),
    "presence": (Presence, Noted),
    "heard": (Heard, Response),
    "call_done": (CallDone, Noted),
}
METHOD_OF: dict[type[Any], str] = {question: method for method, (question, _) in METHODS.items()}
QUESTION_DECODERS = {method: msgspec.json.Decoder(question) for method, (question, _) in METHODS.items()}
RESULT_DECODERS = {method: msgspec.json.Decoder(result) for method, (_, result) in METHODS.items()}
decode_answer = msgspec.json.Decoder(Answer).decode
encode = msgspec.json.Encoder().encode
