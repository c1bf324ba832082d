import type { OpenAiClient } from "@effect-openai/client"
import { HttpClient } from "@effect/platform"
import type { WorkflowEngine } from "@effect/workflow"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope, TestClock } from "effect"
import { inTime } from "../utils.js"
import * as Process from "./process.js"

type Services = OpenAiClient.OpenAiClient | WorkflowEngine.WorkflowEngine

/** Executes a workflow in processes that die at these points, one after the other, and then in one that does not die. */
export const survive = <A, E>(
  { diesAt, execute, layerOf, outside }: {
    readonly diesAt: ReadonlyArray<Process.DiesAt>
    readonly outside: Context.Context<HttpClient.HttpClient>
    readonly layerOf: (process: Process.Process) => Layer.Layer<never, never, Services>
    readonly execute: Effect.Effect<A, E, Services>
  }
) =>
  Effect.gen(function*() {
    const server = Context.get(outside, HttpClient.HttpClient)
    const driver = yield* Process.makeDriver
    const deaths: Array<Process.Point> = []
    const opened: Array<{ readonly process: Process.Process; readonly scope: Scope.CloseableScope }> = []

    interface Ended {
      readonly result: A
      readonly points: ReadonlyArray<Process.Point>
    }

    const live = (n: number): Effect.Effect<Ended, E> =>
      Effect.gen(function*() {
        const process = new Process.Process(diesAt[n])
        const scope = yield* Scope.make()
        opened.push({ process, scope })
        // The identifiers of the storage begin with the time.
        yield* TestClock.adjust("1 second")
        const fiber = yield* Layer.provideMerge(layerOf(process), Process.layer(process, driver, server)).pipe(
          Layer.buildWithScope(scope),
          Effect.flatMap((context) => Effect.provide(execute, context)),
          Effect.forkIn(scope)
        )
        const end = yield* Effect.raceFirst(
          Effect.map(Fiber.join(fiber), (result) => ({ result })),
          Deferred.await(process.died)
        )
        if ("result" in end) return { ...end, points: process.points }
        deaths.push(end)
        return yield* live(n + 1)
      })

    const ended = yield* inTime(live(0))
    yield* inTime(
      Effect.forEach(opened, ({ process, scope }) => Effect.zipRight(process.bury, Scope.close(scope, Exit.void)))
    )
    return { ...ended, deaths }
  })

/** The points that each process reaches: how often one reads what it waits for depends on the time. */
export const certain = (points: ReadonlyArray<Process.Point>): ReadonlyArray<Process.Point> =>
  points.filter(({ activity, repeats }) => repeats === 0 || !activity.startsWith("crash/wait/"))

/** The last point of each activity that is after an effect and before its result is stored. */
export const hardest = (points: ReadonlyArray<Process.Point>): ReadonlyArray<Process.Point> => [
  ...new Map(
    certain(points).flatMap((point) =>
      point.activity !== "" && point.what.startsWith("after") && point.what !== "after saveEnvelope"
        ? [[point.activity, point]]
        : []
    )
  ).values()
]
