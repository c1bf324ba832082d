import * as Effect from "effect/Effect"
import * as Store from "../../Store.js"
import { getOrFail, getToUpdate, now, type Run, runs, threads } from "../documents.js"
import { noRun, noThread } from "../errors.js"
import { finish } from "./ends.js"
import { Engine } from "./engine.js"
import { isActive, keyOfWork, type Path } from "./run.js"
import { RunEvents } from "./runEvents.js"

// A run as it is now. Its time may be over.

export const isDue = (run: Run) =>
  Effect.map(now, (time) => isActive(run) && run.status !== "cancelling" && time >= (run.expires_at ?? Infinity))

/** Expires a run whose time is over. One that is worked on is expired by its worker. */
const refresh = (run: Run) =>
  Effect.gen(function*() {
    const engine = yield* Engine
    if ((yield* engine.isBusy(keyOfWork(run.thread_id), run.id)) || !(yield* isDue(run))) return run
    const current = yield* getToUpdate(runs, run.id, noRun, run.thread_id)
    if (!(yield* isDue(current))) return current
    const { events, run: expired } = yield* finish(current, "expired")
    // They need no announcement in this process: its own work on a streamed run has expired the run already.
    yield* Effect.asVoid((yield* RunEvents).write(expired, events))
    return expired
  })

/** A run as it is now. Must run in a transaction, because the run may have expired. */
export const runOf = ({ run_id, thread_id }: Path, get = getOrFail) =>
  Effect.zipRight(
    getOrFail(threads, thread_id, noThread),
    Effect.flatMap(get(runs, run_id, noRun, thread_id), refresh)
  )

/** The run that locks a thread, if there is one: the newest. Must run in a transaction. */
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
