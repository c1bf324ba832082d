/**
 * Runs the backend, with the client's settings from the environment and the fetch transport.
 */
import { OpenAiClient, Retry } from "@effect-openai/client"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Layer } from "effect"
import { createServer } from "node:http"
import { ServerLive } from "./Server.js"

const OpenAiLive = OpenAiClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))

ServerLive.pipe(
  Layer.provide([OpenAiLive, Retry.layer({ times: 4 })]),
  Layer.provide(
    NodeHttpServer.layer(() => NodeServer.ignoreUpgrades(createServer()), { port: 3000, host: "127.0.0.1" })
  ),
  Layer.launch,
  NodeRuntime.runMain
)
