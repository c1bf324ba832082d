import { Suite, Target } from "@effect-openai/contract-tests"
import { registerTarget } from "@effect-openai/contract-tests/Vitest"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { existsSync } from "node:fs"

const server = NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })

/** A file system in memory, where the machine has one: a disk is slower, and has the same behavior. */
const memory = existsSync("/dev/shm") ? { directory: "/dev/shm" } : {}

const store = Layer.unwrapScoped(
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const folder = yield* fileSystem.makeTempDirectoryScoped(memory)
    return SqliteStore.layer({ filename: `${folder}/data.db` })
  })
).pipe(Layer.provide(NodeContext.layer))

/** Requests beyond a limit are refused before a store is asked. In memory, all of them are. */
const only = Suite.all.map(({ id }) => id).filter((id) => !id.startsWith("validation/"))

registerTarget(Target.emulator({ name: "the emulator over HTTP, on SQLite", server, store }), { cases: 3, only })
