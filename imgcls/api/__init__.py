"""The REST API: the same routes in `imgcls serve` and under /api in the app's own server. No Streamlit and no Keras.

settings      token, hosts and limits, from the environment or the command line
application   puts the parts together: the ASGI application, mounted below /api
guards        what every request has to pass before its body is read: Host, Origin, rate, token, size
rate_limit    a token bucket for each client
request_log   one log line and the metrics of each request; turns a bug into a plain error
metrics       counters and durations for Prometheus
problems      errors as JSON, all in one shape
bodies        the body of a request: image files, strokes, JSON
lookup        the run that an address names
openapi       what the documentation page says about bodies and answers
routes/       the routes themselves
"""
