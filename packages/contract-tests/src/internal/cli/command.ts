import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { createRequire } from "node:module"
import { emulator } from "./emulator.js"
import { main } from "./main.js"

const { version } = createRequire(import.meta.url)("../../../package.json") as { readonly version: string }

/** A second signal ends the process immediately. */
const interrupted = Effect.async<void>((resume) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resume(Effect.void))
})

process.exit(
  await Effect.runPromise(
    Effect.provide(main({ args: process.argv, version, interrupted, emulator }), NodeContext.layer)
  )
)
