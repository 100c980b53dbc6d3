"""Questions and answers over loopback TCP: one JSON object a line each way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

Answer = dict[str, Any]
Work = Callable[[Any], Awaitable[Answer]]  # of the request; may raise what a wrong request makes it raise


async def answered(line: bytes, work: Work) -> Answer:
    """Never raises: what cannot be done is answered by {"ok": false, "error": …}."""
    try:
        return {"ok": True, **await work(json.loads(line))}
    except KeyError as error:
        return {"ok": False, "error": f"unknown or missing: {error}"}
    except (ValueError, AttributeError, TypeError) as error:
        return {"ok": False, "error": str(error)}


async def serve(answer: Callable[[bytes], Awaitable[Answer]], port: int) -> asyncio.Server:
    """Listens on 127.0.0.1; port 0 takes a free one."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):  # gone, or a line without end
            pass
        finally:
            writer.close()

    return await asyncio.start_server(talk, "127.0.0.1", port)
