# syntax=docker/dockerfile:1
# Node and balancer in one image: `fnserver` unless another program of the package is named.
#
#   docker build -t hotfn .
#   docker run -p 8080:8080 -e FN_ROOT_TOKEN -v hotfn:/data -v /var/run/docker.sock:/var/run/docker.sock \
#     --group-add "$(stat -c %g /var/run/docker.sock)" hotfn
#   docker run -p 8081:8081 hotfn fnlb -nodes 10.0.0.1:8080,10.0.0.2:8080

ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /build
# Alone, so that a change of the code does not fetch everything again. The Node that the project pins for itself is not needed.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm pack --pack-destination /tmp && mkdir /package && tar -xzf /tmp/hotfn-*.tgz -C /package --strip-components=1
# The same versions as in development, without what is only for that.
RUN npm prune --omit=dev --ignore-scripts && mv node_modules /package/

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production
COPY --from=build /package /opt/hotfn
RUN ln -s /opt/hotfn/bin/fn /opt/hotfn/bin/fnserver /opt/hotfn/bin/fnlb /opt/hotfn/bin/fnlb-test-harness /usr/local/bin/ \
  && mkdir /data && chown node:node /data
USER node
WORKDIR /data
VOLUME /data
# fnserver; fnlb listens on 8081.
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
CMD ["fnserver"]
