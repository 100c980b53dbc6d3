"""Adapters as people have them: claimed by the code on the sticker, credentials changed, shut out, let go."""
