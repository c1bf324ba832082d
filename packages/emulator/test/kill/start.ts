/** A server in its own process, and its client. */
import { OpenAiClient, Retry } from "@effect-openai/client"
import { FetchHttpClient } from "@effect/platform"
import { Data, Deferred, Effect, Exit, Layer, Redacted } from "effect"
import { fork } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

class ServerError extends Data.TaggedError("ServerError")<{ readonly message: string }> {}

const tsx = createRequire(import.meta.url).resolve("tsx")

/** A server in its own process. `kill` is `kill -9`; closing the scope does the same. */
export const startServer = (filename: string, speed: "immediate" | "slow", isLogged = true) =>
  Effect.gen(function*() {
    const baseUrl = yield* Deferred.make<string, ServerError>()
    const exited = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(fileURLToPath(new URL("./server.ts", import.meta.url)), [
          filename,
          speed,
          ...(isLogged ? ["logged"] : [])
        ], {
          execArgv: ["--import", tsx]
        })
      ),
      (child) =>
        Effect.suspend(() => {
          child.kill("SIGKILL")
          return Deferred.await(exited)
        })
    )
    child.on("message", (url) => Deferred.unsafeDone(baseUrl, Exit.succeed(String(url))))
    child.on("exit", (code, signal) => {
      Deferred.unsafeDone(baseUrl, Exit.fail(new ServerError({ message: `The server ended by ${signal ?? code}.` })))
      Deferred.unsafeDone(exited, Exit.void)
    })
    return {
      baseUrl: Deferred.await(baseUrl),
      pid: child.pid!,
      /** Sets its wall clock: so many milliseconds after the right time. */
      setClock: (millis: number) => Effect.sync(() => child.send(millis)),
      /** Stops it for a while, by SIGSTOP. */
      stopFor: (millis: number) =>
        Effect.acquireUseRelease(
          Effect.sync(() => child.kill("SIGSTOP")),
          () => Effect.sleep(millis),
          () => Effect.sync(() => child.kill("SIGCONT"))
        ),
      kill: Effect.suspend(() => {
        child.kill("SIGKILL")
        return Deferred.await(exited)
      })
    }
  })

export type Server = Effect.Effect.Success<ReturnType<typeof startServer>>

export const clientOf = (baseUrl: string, timeouts?: { readonly timeout: number; readonly idleTimeout: number }) =>
  OpenAiClient.layer({ apiKey: Redacted.make("sk-kill"), baseUrl, ...timeouts }).pipe(
    Layer.provide([FetchHttpClient.layer, Retry.layer({ times: 0 })])
  )
