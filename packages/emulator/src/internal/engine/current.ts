import type * as Runs from "@effect-openai/core/Runs"
import * as Effect from "effect/Effect"
import * as Store from "../../Store.js"
import { getOrFail, keyOf, now, runs, threads } from "../documents.js"
import { noRun, noThread } from "../errors.js"
import { Driven } from "./drivers.js"
import { finish } from "./ends.js"
import { isActive, type Path } from "./run.js"

// A run as it is now: its time may be over.

export const isDue = (run: Runs.Run) =>
  Effect.map(now, (time) => isActive(run) && run.status !== "cancelling" && time >= (run.expires_at ?? Infinity))

/** Expires a run whose time is over; that of a stream is the stream's matter. */
const refresh = (run: Runs.Run) =>
  Effect.gen(function*() {
    const driven = yield* Driven
    if (driven.has(keyOf(run)) || !(yield* isDue(run))) return run
    return (yield* finish(run, "expired")).run
  })

/** A run as it is now. It belongs into a transaction, for the run may have expired. */
export const runOf = ({ run_id, thread_id }: Path) =>
  Effect.zipRight(
    getOrFail(threads, thread_id, noThread),
    Effect.flatMap(getOrFail(runs, run_id, noRun, thread_id), refresh)
  )

/** The run that locks a thread, if there is one: none is newer. It belongs into a transaction. */
export const activeRun = (threadId: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { data } = yield* store.list(runs, { parent: threadId, order: "desc", limit: 1 })
    for (const run of data) {
      const refreshed = yield* refresh(run)
      if (isActive(refreshed)) return refreshed
    }
    return undefined
  })
