import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Ids } from "../../Ids.js"
import * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { isLost } from "../content.js"
import { type Batch, batches, now } from "../documents.js"
import type { Loopback } from "../loopback.js"
import * as Creators from "../organization/creators.js"
import { checkInput, linesOf } from "./batchInput.js"
import { enqueue } from "./batchQueue.js"
import * as results from "./batchResults.js"
import type { Work } from "./drivers.js"
import { Engine, type Next, orLeft, pace } from "./engine.js"
import * as Resumption from "./resumption.js"

// The work on a batch: validating, in_progress, finalizing, completed. Each status but `in_progress` lasts for a while, or
// until a request has read it. What is done of the input file is in the store, so the next process continues there.

type Status = "validating" | "in_progress" | "finalizing" | "cancelling"

const active: ReadonlyArray<Status> = ["validating", "in_progress", "finalizing", "cancelling"]

export const isActive = ({ status }: Batch): boolean => active.some((one) => one === status)

const keyOfWork = (id: string): string => `batch/${id}`

const workOf = ({ id }: Batch): Work => ({ key: keyOfWork(id), kind: "batch", id, parent: "" })

/** The end of a batch whose input file can't be read to its end. */
const lost = ({ input_file_id }: Batch, time: number): Partial<Batch> => ({
  status: "failed",
  failed_at: time,
  errors: {
    object: "list",
    data: [{ code: "server_error", message: `The file ${input_file_id} is incomplete.`, param: null, line: null }]
  }
})

const unlessLost = <A, E, R, E1, R1>(
  batch: Batch,
  effect: Effect.Effect<A, E, R>,
  fail: Effect.Effect<unknown, E1, R1>
): Effect.Effect<void, E | E1, R | R1> =>
  effect.pipe(
    Effect.catchAll((error): Effect.Effect<unknown, E | E1, R1> =>
      isLost(error)
        ? Effect.zipRight(Effect.logError(`The batch ${batch.id} failed`, error), fail)
        : Effect.fail(error)
    ),
    Effect.asVoid
  )

const load = (id: string, intent?: Store.Intent) =>
  Effect.flatMap(Store.Store, (store) => Effect.map(store.get(batches, id, "", intent), Option.getOrUndefined))

/** Changes a batch, unless its status is another one by now. */
const change = (id: string, status: Status, fields: (batch: Batch, time: number) => Partial<Batch>) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return yield* store.transaction(Effect.gen(function*() {
      const batch = yield* load(id, "update")
      if (batch?.status !== status) return batch
      const changed: Batch = { ...batch, ...fields(batch, yield* now) }
      yield* store.set(batches, changed)
      return changed
    }))
  })

const validate = (batch: Batch) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { enqueued, errors, total } = yield* checkInput(batch)
    yield* store.transaction(Effect.gen(function*() {
      const data = errors.length > 0 || enqueued === undefined ? errors : yield* enqueue(enqueued)
      yield* change(batch.id, "validating", ({ request_counts }, time) =>
        data.length > 0
          ? { status: "failed", failed_at: time, errors: { object: "list", data } }
          : { status: "in_progress", in_progress_at: time, request_counts: { ...request_counts, total }, enqueued })
    }))
  })

/** How many requests are sent before their results are kept. */
const together = 50
/** The same where the model takes time. They are sent concurrently. */
const concurrently = 16

/** Sends the requests that are left of a batch. */
const sendAll = (batch: Batch) =>
  Effect.gen(function*() {
    const { isImmediate = false } = yield* Model.Model
    yield* linesOf(batch.input_file_id, batch.offset).pipe(
      Stream.grouped(isImmediate ? together : concurrently),
      Stream.runForEach((lines) =>
        Effect.gen(function*() {
          const sent = yield* Effect.forEach(
            lines,
            ({ text }) => results.send(batch.endpoint)(results.requestOf(text)),
            { concurrency: isImmediate ? 1 : concurrently }
          )
          yield* results.record(batch.id, sent, batch.offset + endOf(lines))
        })
      ),
      Creators.as(batch.id)
    )
  })

const endOf = (lines: Iterable<{ readonly end: number }>): number => [...lines].at(-1)!.end

/** Gives each request that is left the result that it came too late. */
const expireRest = (batch: Batch) =>
  linesOf(batch.input_file_id, batch.offset).pipe(
    Stream.grouped(1000),
    Stream.runForEach((lines) =>
      Effect.flatMap(
        Effect.forEach(lines, ({ text }) => results.expired(results.requestOf(text))),
        (expired) => results.record(batch.id, expired, batch.offset + endOf(lines))
      )
    )
  )

const untilExpiry = ({ expires_at }: Batch) =>
  Effect.map(Clock.currentTimeMillis, (millis) => Math.max((expires_at ?? Infinity) * 1000 - millis, 0))

const run = (batch: Batch, stop: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const left = yield* untilExpiry(batch)
    if (left > 0) {
      yield* Effect.raceFirst(sendAll(batch), Effect.raceFirst(stop, Effect.sleep(left)))
    }
    const current = yield* load(batch.id)
    // A request to cancel came in between.
    if (current?.status !== "in_progress") return
    if ((yield* untilExpiry(current)) > 0) {
      yield* change(batch.id, "in_progress", (_, time) => ({ status: "finalizing", finalizing_at: time }))
      return
    }
    yield* expireRest(current)
    yield* finish(batch.id, "in_progress", (time) => ({ status: "expired", expired_at: time }))
  })

const finish = (id: string, status: Status, fields: (time: number) => Partial<Batch>) =>
  Effect.gen(function*() {
    const batch = yield* load(id)
    if (batch?.status !== status) return
    yield* results.end(
      batch,
      (current, files) => Effect.map(now, (time) => ({ ...current, ...files, ...fields(time) }))
    )
  })

/** One step of the work on a batch. */
const step = (id: string, stop: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const batch = yield* load(id)
    switch (batch?.status) {
      case "validating":
        yield* unlessLost(
          batch,
          validate(batch),
          change(id, "validating", lost)
        )
        break
      case "in_progress":
        yield* unlessLost(batch, run(batch, stop), finish(id, "in_progress", (time) => lost(batch, time)))
        break
      case "finalizing":
        yield* finish(id, "finalizing", (time) => ({ status: "completed", completed_at: time }))
        break
      case "cancelling":
        yield* finish(id, "cancelling", (time) => ({ status: "cancelled", cancelled_at: time }))
        break
      default:
        return undefined
    }
    const current = yield* load(id)
    if (current !== undefined && isActive(current)) yield* pursue(current)
    return undefined
  })

/** Begins the work on a batch, or continues it. Must follow the transaction that changed the batch. */
export const pursue = (batch: Batch): Effect.Effect<void, never, Requirements> =>
  Effect.gen(function*() {
    const engine = yield* Engine
    const isQuick = batch.status !== "in_progress"
    const first: Next = { after: isQuick ? pace : 0, onLook: true }
    yield* engine.begin<Requirements>({
      ...workOf(batch),
      isQuick,
      isUnseen: batch.status === "finalizing",
      first,
      step: (stop) => orLeft(`The batch ${batch.id}`)(step(batch.id, stop))
    })
  })

type Requirements = Engine | Ids | Loopback | Model.Model | Store.Store

/** For every request that reads a batch. Waits a little where the batch is worked on. */
export const look = (id: string, maxWait: Duration.Duration) =>
  Effect.gen(function*() {
    const engine = yield* Engine
    const key = keyOfWork(id)
    const isBusy = yield* engine.isBusy(key, id)
    yield* engine.look(key)
    if (isBusy && Duration.toMillis(maxWait) > 0) {
      yield* Effect.raceFirst(engine.rested(key, id), Effect.withClock(Effect.sleep(maxWait), Clock.make()))
    }
  })

/** Takes the steps that are due. */
export const catchUp = (id: string) => Effect.flatMap(Engine, (engine) => engine.catchUp(keyOfWork(id)))

/** Stops the work on a batch that was cancelled, and continues with its end. */
export const stop = (batch: Batch) =>
  Effect.flatMap(Engine, (engine) => Effect.zipRight(engine.stop(keyOfWork(batch.id)), pursue(batch)))

export const { claim, nudge, resume, resumeLease } = Resumption.make({
  name: "Batches",
  workOf,
  unfinished: Effect.flatMap(
    Store.Store,
    (store) => Effect.map(Effect.forEach(active, (status) => store.find(batches, { status })), (all) => all.flat())
  ),
  load: (id) => load(id),
  isActive,
  pursue
})
