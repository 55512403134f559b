FROM python
ARG MODEL_BASE_URL=https://huggingface.co/rhasspy/piper-voices/resolve/main
ARG MODEL_VOICES=en/en_US/amy,zh/zh_CN/huayan
RUN echo ${MODEL_VOICES} | tr ',' '\n' | while read voice; do \
      model_url=${MODEL_BASE_URL}/${voice}/medium.onnx; \
      curl -sSL -O ${model_url} -O ${model_url}.json; \
    done
