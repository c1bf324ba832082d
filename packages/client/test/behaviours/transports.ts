import { FetchHttpClient as OurFetchHttpClient } from "@effect-openai/client"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Effect } from "effect"
import type { Transport } from "../utils/behaviour.js"

const undici = Effect.promise(() => import("@effect/platform-node/NodeHttpClient"))
const ours = Effect.promise(() => import("@effect-openai/client/UndiciHttpClient"))

/** In this order: undici replaces the dispatcher of Node's fetch where it is imported before the first fetch. */
export const transports: ReadonlyArray<Transport> = [
  { name: "Fetch", layer: Effect.succeed(FetchHttpClient.layer) },
  { name: "FetchHttpClient", layer: Effect.succeed(OurFetchHttpClient.layer) },
  { name: "UndiciHttpClient", layer: Effect.map(ours, ({ layer }) => layer) },
  { name: "Undici", layer: Effect.map(undici, ({ layerUndici }) => layerUndici) },
  {
    name: "node:http",
    layer: Effect.map(undici, ({ layer }) => layer),
    withoutBackPressure: "it writes a body without back-pressure",
    withoutReuse: "it destroys the connection after each request"
  }
]
