# syntax is kept to what every builder knows, so that a runner can build this by itself.
ARG BASE=docker.io/library/python:3.13-slim-bookworm@sha256:67a1e1f215ccda113cfc024e8639049257e88f273898f595b61476d128d387e8

FROM ${BASE} AS build
COPY requirements/action.txt /tmp/requirements.txt
RUN python3 -m venv /opt/autoresearch \
 && /opt/autoresearch/bin/pip install --quiet --no-cache-dir --no-compile --only-binary :all: \
      --disable-pip-version-check --require-hashes --requirement /tmp/requirements.txt \
 && /opt/autoresearch/bin/python -m pip uninstall --quiet --yes pip \
 && find /opt/autoresearch -type d -name tests -prune -exec rm -rf {} + \
 && rm -rf /opt/autoresearch/share /opt/autoresearch/include
COPY autoresearch_ci /tmp/autoresearch_ci
RUN mv /tmp/autoresearch_ci "$(/opt/autoresearch/bin/python -c 'import site; print(site.getsitepackages()[0])')/" \
 && /opt/autoresearch/bin/python -m compileall -q -j 0 /opt/autoresearch/lib

FROM ${BASE}
ARG USER_IDS="61001 61002"
RUN missing="$(for tool in git tini; do command -v "$tool" >/dev/null || echo "$tool"; done)" \
 && if [ -n "$missing" ]; then \
      apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing >/dev/null \
      && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*; \
    fi \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && for id in $USER_IDS; do \
      useradd --uid "$id" --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin "autoresearch-$id" || exit 1; \
    done
COPY --from=build /opt/autoresearch /opt/autoresearch
COPY docker/autoresearch-action docker/autoresearch-post /usr/local/bin/
ENV PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["/usr/local/bin/autoresearch-action"]
