/** An emulator on disk or on PostgreSQL in its own process: `server.mjs <file>`. It sends its URL to its parent. */
import * as Emulator from "@effect-openai/emulator/Emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as postgres from "../load/postgres.js"

const store = process.env["LOAD_POSTGRES"] === ""
  ? Layer.orDie(SqliteStore.layer({ filename: process.argv[2]! }))
  : Layer.orDie(postgres.store())

const EmulatorLive = Emulator.layerHttp({ store }).pipe(
  Layer.provideMerge(NodeServer.layer({ host: "127.0.0.1", port: 0 })),
  Layer.provide(NodeContext.layer)
)

Effect.runFork(
  Effect.zipRight(
    Effect.flatMap(Emulator.baseUrl, (baseUrl) => Effect.sync(() => process.send!(baseUrl))),
    Effect.never
  ).pipe(Effect.provide(EmulatorLive))
)
