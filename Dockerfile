# One image for the API, the chat page and the workers; nothing is downloaded at run time.
FROM python:3.11-slim AS build
WORKDIR /app
COPY bootstrap.py requirements.lock requirements-dev.lock ./
RUN python bootstrap.py

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 redrabbit && mkdir /data && chown redrabbit /data
WORKDIR /app
COPY --from=build /app/.venv ./.venv
COPY --chown=redrabbit . .
ENV PATH=/app/.venv/bin:$PATH REDRABBIT_DATA_DIR=/data PYTHONUNBUFFERED=1
USER redrabbit
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/v1/health', timeout=4)"]
CMD ["redrabbit", "serve", "--host", "0.0.0.0"]
