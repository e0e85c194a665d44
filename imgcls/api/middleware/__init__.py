"""What every request passes before a route answers it.

guards        Host, Origin, rate, token and size, before and while the body is read
rate_limit    a token bucket for each client
request_log   one log line and the metrics of each request; turns a bug into a plain error
metrics       counters and durations for Prometheus
"""
