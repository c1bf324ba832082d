/**
 * Serves the API. It requires `Helpdesks`, of which there are three.
 */
import { HttpApiBuilder } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Api } from "./Api.js"
import { Helpdesks } from "./Helpdesks.js"

const HelpdesksApiLive = HttpApiBuilder.group(
  Api,
  "helpdesks",
  (handlers) =>
    Effect.map(Helpdesks, (helpdesks) =>
      handlers
        .handle("create", ({ payload }) => helpdesks.create(payload))
        .handle("list", () => helpdesks.list)
        .handle("get", ({ path }) => helpdesks.get(path.id))
        .handle("remove", ({ path }) => helpdesks.remove(path.id))
        .handle("ask", ({ path, payload }) => helpdesks.ask(path.id, payload.question)))
)

export const ServerLive = HttpApiBuilder.serve().pipe(
  Layer.provide(HttpApiBuilder.api(Api)),
  Layer.provide(HelpdesksApiLive)
)
