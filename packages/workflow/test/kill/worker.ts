/**
 * A node in its own process. It executes the tool loops that its parent sends, and kills itself by `kill -9` at a point: a
 * request of an activity before it is sent or when its response is there, a tool before or after its effect.
 */
import { OpenAiClient } from "@effect-openai/client"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import type { WorkflowEngine } from "@effect/workflow"
import { Cause, Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import { appendFileSync } from "node:fs"
import { currentActivity } from "../activity.js"
import { layerOf, Sum } from "../sum.js"
import { engine, type Storage } from "./engine.js"
import type { FromWorker, ToWorker } from "./messages.js"

const [storage, database = "", baseUrl = "", ledger = "", port = "", diesAt = "0"] = process.argv.slice(2)

const send = (message: FromWorker) => process.send?.(message)

let points = 0

const at = (what: string) =>
  Effect.map(currentActivity, (activity) => {
    points++
    if (points !== Number(diesAt)) return
    appendFileSync(ledger, `${JSON.stringify({ _tag: "Killed", activity, what })}\n`)
    process.kill(process.pid, "SIGKILL")
  })

const around = <A, E, R>(what: string, self: Effect.Effect<A, E, R>) =>
  at(`before ${what}`).pipe(Effect.zipRight(self), Effect.zipLeft(at(`after ${what}`)))

const client = OpenAiClient.layer({ apiKey: Redacted.make("sk-kill"), baseUrl }).pipe(
  Layer.provide(
    Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, HttpClient.transform((effect, { method }) => around(method, effect)))
    )
  ),
  Layer.provide(FetchHttpClient.layer)
)

const workflow = layerOf((call) =>
  around("tool", Effect.sync(() => appendFileSync(ledger, `${JSON.stringify({ _tag: "Executed", ...call })}\n`)))
)

const main = Effect.gen(function*() {
  const runtime = yield* Effect.runtime<WorkflowEngine.WorkflowEngine>()
  process.on("message", ({ index, ...ids }: ToWorker) => {
    Effect.runFork(
      Sum.execute(ids).pipe(
        Effect.matchCause({
          onFailure: (cause) => send({ _tag: "Failed", index, message: Cause.pretty(cause) }),
          onSuccess: ({ id, status }) => send({ _tag: "Ended", index, run_id: id, status: String(status) })
        }),
        Effect.provide(runtime)
      )
    )
  })
  send({ _tag: "Ready" })
  return yield* Effect.never
})

Effect.runFork(
  main.pipe(
    Effect.provide(workflow.pipe(
      Layer.provideMerge(Layer.merge(engine(storage as Storage, database, Number(port)), client)),
      Layer.provideMerge(Logger.minimumLogLevel(LogLevel.Warning))
    )),
    Effect.tapErrorCause((cause) => Effect.sync(() => console.error(Cause.pretty(cause))))
  )
)
