/**
 * Runs the backend, with the client's settings from the environment and the fetch transport.
 */
import { OpenAiClient, Retry } from "@effect-openai/client"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { createServer } from "node:http"
import { Repairs } from "./Helpdesks.js"
import { ServerLive } from "./Server.js"
import * as WithClient from "./WithClient.js"

const OpenAiLive = OpenAiClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))

const RepairsLive = Layer.succeed(Repairs, { status: (ticket) => Effect.succeed(`${ticket} is ready on Friday.`) })

ServerLive.pipe(
  Layer.provide(WithClient.layer),
  Layer.provide(RepairsLive),
  Layer.provide([OpenAiLive, Retry.layer({ times: 4 })]),
  Layer.provide(
    NodeHttpServer.layer(() => NodeServer.ignoreUpgrades(createServer()), { port: 3000, host: "127.0.0.1" })
  ),
  Layer.launch,
  NodeRuntime.runMain
)
