# The service alone: PostgreSQL and Redis are other containers (docker-compose.yml).

FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /opt/venv
COPY requirements/run.txt requirements/stripe.txt /requirements/
# STRIPE=1 adds the stripe gateway's library.
ARG STRIPE=""
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements/run.txt \
    && if [ -n "$STRIPE" ]; then \
        /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements/stripe.txt; \
    fi

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/fluentcart --create-home --shell /usr/sbin/nologin fluentcart
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py CHANGELOG.md ./
COPY docs/guide docs/guide
COPY tools/healthcheck.py tools/drain.py tools/serve.py tools/
COPY fluentcart fluentcart
COPY accounts accounts
COPY customers customers
COPY orders orders
# Bytecode is written now, because the user below may not write here.
RUN /opt/venv/bin/python -m compileall -q .

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FLUENTCART_VAR=/var/lib/fluentcart \
    HOST=0.0.0.0 \
    PORT=8000 \
    WORKERS=2
USER fluentcart
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "tools/healthcheck.py"]
# Ends the server in good order: /readyz says so first, then what was begun is finished.
CMD ["python", "tools/serve.py", "--only-serve"]
