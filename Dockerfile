# One image for every role: `parley run` alone brings its own Postgres, the roles take DATABASE_URL.
FROM python:3.12-slim AS build
WORKDIR /parley
COPY requirements-build.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY . .
RUN hatchling build -t wheel -d /wheel

FROM python:3.12-slim
RUN useradd --system --uid 10001 parley && install -d -o parley -m 0700 /data
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock && rm requirements.lock
RUN --mount=type=bind,from=build,source=/wheel,target=/wheel pip install --no-cache-dir --no-deps /wheel/*.whl
USER parley
WORKDIR /data
VOLUME /data
ENV PARLEY_DATA_DIR=/data PARLEY_HOST=0.0.0.0 PARLEY_SMTP_HOST=0.0.0.0
EXPOSE 8000 2525
ENTRYPOINT ["parley"]
CMD ["run"]
