"""Predictions of a trained model without Keras and without Streamlit."""
