import { Suite, Target } from "@effect-openai/contract-tests"
import { registerTarget } from "@effect-openai/contract-tests/Vitest"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { NodeHttpServer } from "@effect/platform-node"
import { describe } from "@effect/vitest"
import { layerPostgres as store, missing, reason } from "../../emulator/test/postgres.js"

const server = NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })

/** Requests beyond a limit are refused before a store is asked, and responses of a model do not depend on it. */
const only = Suite.all.map(({ id }) => id).filter((id) =>
  !/^(?:validation|audio|chat|completions|embeddings|images|moderations)\//.test(id)
)

describe.skipIf(missing !== undefined)(`PostgreSQL${reason}`, () => {
  registerTarget(Target.emulator({ name: "the emulator over HTTP, on PostgreSQL", server, store }), { cases: 3, only })
  registerTarget(Target.emulator({ name: "the emulator in this process, on PostgreSQL", store }), {
    cases: 1,
    only: ["assistants", "threads", "messages", "runs", "files", "uploads", "batches", "fineTuning", "administration"]
  })
})
