"""The one entrance: which request goes to Django, which to the live feed, which to Streamlit, and as whom."""
