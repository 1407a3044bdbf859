# edgewright/classical: base and the classical learners.
FROM edgewright/base
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --constraint /opt/edgewright/constraints.txt scikit-learn onnx onnxruntime
