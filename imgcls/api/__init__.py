"""Models and training runs for other programs: a REST API and an MCP server. No Streamlit and no Keras.

The REST API has the same routes in `imgcls serve` and under /api in the app's own server.

settings       token, hosts and limits, from the environment or the command line
application    puts the parts together: the ASGI application, mounted below /api
in_app         the same in the app's own server, if it is switched on
middleware/    guards, rate limit, log and metrics
routes/        the routes themselves
plain_pages/   pages of the app's server that are not Streamlit's: drawing together, and leaving
bodies         the body of a request: image files, strokes, JSON
classifying/   the answer for it, in this process or in others
lookup         the run that an address names
descriptions   models and the metrics of runs as plain values
actions        start, pause, resume and stop training runs
problems       errors as JSON, all in one shape
openapi        what the documentation page says about bodies and answers
mcp_server     runs, scores and predictions as tools of an assistant
"""
