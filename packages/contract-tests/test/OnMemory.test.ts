import { Target } from "@effect-openai/contract-tests"
import { registerTarget } from "@effect-openai/contract-tests/Vitest"
import { NodeHttpServer } from "@effect/platform-node"
import { createServer } from "node:http"

const server = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })

registerTarget(Target.emulator({ name: "the emulator in this process, in memory" }), { cases: 10 })

registerTarget(Target.emulator({ name: "the emulator over HTTP, in memory", server }), { cases: 3 })
