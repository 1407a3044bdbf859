# edgewright/torch: classical and torch for CPUs.
FROM edgewright/classical
# The index of torch's own project has builds without CUDA, which are gigabytes smaller; pip prefers them as "2.13.0+cpu".
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --retries 1 \
    --extra-index-url https://download.pytorch.org/whl/cpu \
    --constraint /opt/edgewright/constraints.txt torch
