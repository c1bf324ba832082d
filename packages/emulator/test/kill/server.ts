/**
 * An emulator in its own process: `server.ts <database> <immediate|slow> [logged]`. It sends its URL to its parent, which can set its
 * wall clock.
 */
import * as Emulator from "@effect-openai/emulator/Emulator"
import * as Model from "@effect-openai/emulator/Model"
import * as Script from "@effect-openai/emulator/Script"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { createServer } from "node:http"
import { functionName, slowText } from "./wording.js"

const RightDate = Date
let shift = 0
process.on("message", (millis) => {
  shift = Number(millis)
})
globalThis.Date = class extends RightDate {
  constructor(...given: ReadonlyArray<unknown>) {
    super(...(given.length === 0 ? [RightDate.now() + shift] : given) as [number])
  }
  static override now(): number {
    return RightDate.now() + shift
  }
} as DateConstructor

const [filename = "", speed, logged] = process.argv.slice(2)

/** A model that a process which is ended at any moment is often ended at. */
const slow = Script.layer({
  turns: [
    {
      when: { message: functionName },
      replies: [
        { type: "function_calls", calls: [{ name: functionName, arguments: {} }], delay_ms: 20 },
        { type: "text", text: slowText, delay_ms: 20, piece_delay_ms: 5 }
      ]
    },
    { replies: [{ type: "text", text: slowText, delay_ms: 20, piece_delay_ms: 5 }] }
  ]
})

const EmulatorLive = Emulator.layerHttp({
  store: SqliteStore.layer({ filename }),
  model: speed === "slow" ? slow : Model.layerScripted
}).pipe(
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
  Layer.provide([NodeFileSystem.layer, NodePath.layer])
)

// Where its store can't be opened, the process ends with the reason.
NodeRuntime.runMain(
  Effect.zipRight(
    Effect.flatMap(Emulator.baseUrl, (baseUrl) => Effect.sync(() => process.send!(baseUrl))),
    Effect.never
  ).pipe(
    Effect.provide(EmulatorLive),
    logged === undefined ? Logger.withMinimumLogLevel(LogLevel.None) : identity
  )
)
