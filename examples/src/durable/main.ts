/**
 * Runs the backend: `main.ts memory`, `main.ts sqlite tickets.db`, or `main.ts postgres postgres://… 34431`. The settings of
 * the client come from the environment.
 */
import { FetchHttpClient, OpenAiClient } from "@effect-openai/client"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Layer, Redacted } from "effect"
import { createServer } from "node:http"
import { Workshop } from "./Answer.js"
import * as Engines from "./Engines.js"
import { ServerLive } from "./Server.js"

const [, , storage, database = "", port = "34431"] = process.argv

const engine = storage === "postgres"
  ? Engines.postgres(Redacted.make(database), Number(port))
  : storage === "sqlite"
  ? Engines.sqlite(database)
  : Engines.memory

ServerLive.pipe(
  Layer.provide([engine, Workshop.layerMemory]),
  Layer.provide(OpenAiClient.layerConfig()),
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 3000 })),
  Layer.launch,
  NodeRuntime.runMain
)
