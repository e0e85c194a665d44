"""What the pages share: navigation, widgets, and what is kept in memory between two looks. Needs Streamlit."""
