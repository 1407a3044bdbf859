# edgewright/base: Python, numpy, scipy and PyWavelets.
FROM python:3.11-slim-bookworm
COPY constraints.txt /opt/edgewright/constraints.txt
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --constraint /opt/edgewright/constraints.txt numpy scipy pywavelets
