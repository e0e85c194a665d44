"""Small pieces of Streamlit and HTML that pages share."""
