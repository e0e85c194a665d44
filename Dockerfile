# Two images, built from the root of the repository:
#
#   docker build --target playground -t imgcls-playground .    the app: data, training, evaluation
#   docker build --target service -t imgcls-service .          predictions over HTTP, without TensorFlow and Streamlit
#
# Both run as user 1000 and write only to /data (runs, imported datasets), /cache (can be recomputed) and /tmp, so the
# root file system may be read-only. docs/deploy says how to run them.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS base
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
RUN useradd --uid 1000 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin imgcls \
    && mkdir /data /cache \
    && chown imgcls:imgcls /data /cache

FROM base AS wheel
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE app.py ./
COPY .streamlit .streamlit
COPY pages pages
COPY saved_models saved_models
COPY imgcls imgcls
RUN pip wheel --no-deps --wheel-dir /wheel .

FROM base AS runtime
# XDG_DATA_HOME instead of IMGCLS_RUNS: the latter would hide the shipped models (imgcls/system/paths.py).
ENV HOME=/tmp \
    XDG_DATA_HOME=/data \
    IMGCLS_CACHE=/cache \
    KERAS_HOME=/cache/keras \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
ENTRYPOINT ["imgcls"]

FROM runtime AS service
COPY requirements-serve.txt /opt/
RUN pip install -r /opt/requirements-serve.txt
COPY --from=wheel /wheel /opt/wheel
RUN pip install --no-deps /opt/wheel/*.whl
USER 1000:1000
# A volume keeps owner and mode of its folder, also where a platform mounts one of its own (ECS).
VOLUME ["/data", "/cache", "/tmp"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/health', timeout=4)"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--json-logs"]

# The last stage, so that a platform that builds without a target (Hugging Face Spaces) builds the app.
FROM runtime AS playground
COPY requirements.txt /opt/
RUN pip install -r /opt/requirements.txt
COPY --from=wheel /wheel /opt/wheel
RUN pip install "$(ls /opt/wheel/*.whl)[onnx,serve]"
# Otherwise Streamlit asks a server on the internet for its own address, to print it.
ENV STREAMLIT_BROWSER_SERVER_ADDRESS=localhost
USER 1000:1000
VOLUME ["/data", "/cache", "/tmp"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["app", "--address", "0.0.0.0", "--port", "8501", "--no-browser"]
