"""The routes: models and predictions, runs and their metrics, training, and the state of the service itself."""
