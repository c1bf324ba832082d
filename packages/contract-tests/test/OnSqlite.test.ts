import { Target } from "@effect-openai/contract-tests"
import { registerTarget } from "@effect-openai/contract-tests/Vitest"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { createServer } from "node:http"

const server = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })

const store = Layer.unwrapScoped(
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const folder = yield* fileSystem.makeTempDirectoryScoped()
    return SqliteStore.layer({ filename: `${folder}/data.db` })
  })
).pipe(Layer.provide(NodeContext.layer))

registerTarget(Target.emulator({ name: "the emulator over HTTP, on SQLite", server, store }), { cases: 3 })
