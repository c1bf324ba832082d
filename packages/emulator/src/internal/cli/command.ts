import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { version } from "../version.js"
import { main } from "./main.js"

/** A second interruption ends the process without. */
const interrupted = Effect.async<void>((resume) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resume(Effect.void))
})

process.exit(
  await Effect.runPromise(Effect.provide(main({ args: process.argv, version, interrupted }), NodeContext.layer))
)
