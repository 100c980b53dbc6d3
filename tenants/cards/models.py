"""Cards and the groups they belong to: who may charge by RFID."""
