# syntax=docker/dockerfile:1

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json build-web.mjs ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json build.ts vite.config.ts ./
COPY src ./src
COPY connectors ./connectors
RUN npm run -s build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json build-web.mjs ./
# The optional dependencies stay: without database.url the bridge runs its own PostgreSQL.
RUN npm ci --omit=dev && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    OTO_BRIDGE_CONFIG=/bridge/oto-bridge.yaml
WORKDIR /app
COPY package.json README.md CHANGELOG.md ./
COPY config ./config
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The program belongs to root; only /bridge (configuration, the ERP's files, state) may be written.
RUN mkdir /bridge && chown node:node /bridge
USER node
WORKDIR /bridge
VOLUME /bridge
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --retries=3 \
  CMD ["node", "/app/dist/src/cli/main.js", "status", "--health"]
ENTRYPOINT ["node", "--enable-source-maps", "/app/dist/src/cli/main.js"]
CMD ["run"]
