"""Stratified splits into training and validation images."""
