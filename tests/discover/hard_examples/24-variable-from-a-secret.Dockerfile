ARG JAVA_BINDINGS_MAVEN_URL=https://repo1.maven.org/maven2
FROM triton
ARG JAVA_BINDINGS_MAVEN_URL
RUN --mount=type=secret,id=maven_url,env=MAVEN_URL,required=false \
    [ -n "${MAVEN_URL}" ] || MAVEN_URL="${JAVA_BINDINGS_MAVEN_URL}"; \
    curl -fsSL "${MAVEN_URL}/org/bytedeco/javacpp.jar" -o javacpp.jar
