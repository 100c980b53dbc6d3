"""The modulus (hex) of the RSA key that signs firmware for this device. `python -m firmware.build --public-key` writes
it; without one no update is believed."""

MODULUS = ""
