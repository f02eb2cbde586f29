# One image for all services; the task's command names the role. Built for linux/arm64 by `cdk deploy`.
FROM public.ecr.aws/docker/library/node:24.9.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY layers/adapters/package.json layers/adapters/
COPY layers/contracts/package.json layers/contracts/
COPY layers/domain/package.json layers/domain/
COPY layers/runtime/package.json layers/runtime/
RUN npm ci --ignore-scripts
COPY layers layers
COPY services services
COPY scripts scripts
RUN node --conditions=source scripts/bundle.ts --out /app/bundles

FROM public.ecr.aws/docker/library/node:24.9.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/bundles ./
COPY --from=build /app/package.json ./
USER node
# Engines tell doors their own address, which is known only here: {host} becomes the task's address.
ENTRYPOINT ["sh", "-c", "export ADVERTISED_URL=\"$(printf %s \"$ADVERTISED_URL\" | sed \"s/{host}/$(hostname -i)/\")\"; exec \"$@\"", "perps"]
CMD ["node", "--enable-source-maps", "gateway.js"]
