"""One view per question: functions of the frame that `app.py` builds. Streamlit would itself run a folder `pages`."""
