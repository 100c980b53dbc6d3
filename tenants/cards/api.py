"""Cards and the groups they belong to: who may charge by RFID."""

from ninja import Router

router = Router()
