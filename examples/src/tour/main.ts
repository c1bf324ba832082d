/**
 * `npm start`: a tour of the library. Without `OPENAI_BASE_URL` it starts the emulator and uses it over HTTP. With it and
 * `OPENAI_API_KEY` the same program uses that server, and deletes everything that it created.
 */
import { OpenAiClient } from "@effect-openai/client"
import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { FetchHttpClient } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Option, Redacted } from "effect"
import { assistants } from "./assistants.js"
import { batch } from "./batch.js"
import { conversation } from "./conversation.js"
import { speech } from "./speech.js"

const EmulatorLive = Layer.provideMerge(
  Emulator.layerHttp(),
  NodeServer.layer({ host: "127.0.0.1", port: 0 })
)

/** A server may take hours for a batch. */
const onlyOnEmulator = Effect.flatMap(
  Config.option(Config.nonEmptyString("OPENAI_BASE_URL")),
  (baseUrl) => Option.isSome(baseUrl) ? Effect.void : batch
)

/** The client of the server that the environment names. Default: an emulator on a free port. */
const OpenAiLive = Layer.unwrapScoped(Effect.gen(function*() {
  const baseUrl = yield* Config.option(Config.nonEmptyString("OPENAI_BASE_URL"))
  if (Option.isSome(baseUrl)) {
    yield* Console.log(`Using the server at ${baseUrl.value}`)
    return OpenAiClient.layerConfig()
  }
  const emulator = yield* Layer.build(EmulatorLive)
  const url = yield* Effect.provide(Emulator.baseUrl, emulator)
  yield* Console.log(`Started the emulator at ${url}`)
  yield* Console.log("Set OPENAI_BASE_URL and OPENAI_API_KEY to use another server.")
  return OpenAiClient.layer({ apiKey: Redacted.make("sk-emulator"), baseUrl: url })
})).pipe(Layer.provide(FetchHttpClient.layer))

assistants.pipe(
  Effect.zipRight(conversation),
  Effect.zipRight(speech),
  Effect.zipRight(onlyOnEmulator),
  Effect.zipRight(Console.log("\nDone.")),
  Effect.provide([OpenAiLive, NodeContext.layer]),
  NodeRuntime.runMain
)
