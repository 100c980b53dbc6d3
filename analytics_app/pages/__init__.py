"""One page per question. Each is a function of the frame that `app.py` builds for the viewer."""
