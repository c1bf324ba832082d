import type { ServerError } from "@effect-openai/core/Api"
import type * as Runs from "@effect-openai/core/Runs"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { Tokenizer } from "../../Tokenizer.js"
import * as Caller from "../caller.js"
import { getToUpdate, now, type Run, runs } from "../documents.js"
import { noRun, refused } from "../errors.js"
import { promptTokens } from "../tokens.js"
import * as billed from "./billed.js"
import { isDue, runOf } from "./current.js"
import { finish } from "./ends.js"
import { Engine, type Next, orLeft, pace } from "./engine.js"
import { promptOf } from "./prompt.js"
import * as Resumption from "./resumption.js"
import {
  active,
  type Emit,
  type Event,
  isActive,
  isLast,
  keyOfWork,
  type Path,
  report,
  silent,
  stepsOf,
  workOf
} from "./run.js"
import { type Numbered, RunEvents } from "./runEvents.js"
import { completionTokens, usageOf } from "./usage.js"
import { work } from "./work.js"

// A run makes progress whether or not a request reads it. Where the model takes no time, each status lasts for a while or
// until a request has read it, so that polling sees one status at a time. Runs that were in progress when a process ended
// are resumed by the next one.

const start = (run: Run, emit: Emit) =>
  report(
    emit,
    Effect.gen(function*() {
      const store = yield* Store.Store
      const current = yield* getToUpdate(runs, run.id, noRun, run.thread_id)
      if (current.status !== "queued") return [current, []] as const
      const started: Run = { ...current, status: "in_progress", started_at: yield* now }
      yield* store.set(runs, started)
      return [started, [{ event: "thread.run.in_progress", data: started }]] as const
    })
  )

/** Ends what was cancelled, or what is over; otherwise the run stays as it is. */
const settle = (run: Run, emit: Emit) =>
  report(
    emit,
    Effect.gen(function*() {
      const current = yield* getToUpdate(runs, run.id, noRun, run.thread_id)
      if (current.status === "cancelling") {
        const { events } = yield* finish(current, "cancelled")
        return [undefined, [{ event: "thread.run.cancelling", data: current }, ...events]] as const
      }
      return [undefined, (yield* isDue(current)) ? (yield* finish(current, "expired")).events : []] as const
    })
  )

/** Waits until a run is stopped, or its time is over. */
const stopped = (run: Run, stop: Effect.Effect<void>) =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (millis) => Effect.raceFirst(stop, Effect.sleep(Math.max((run.expires_at ?? 0) * 1000 - millis, 0)))
  )

/** Takes a run to its end, or to where the caller must act. */
const carry = (run: Run, stop: Effect.Effect<void>, emit: Emit, isTogether: boolean) =>
  Effect.gen(function*() {
    const started = yield* start(run, emit)
    if (started.status === "in_progress") {
      yield* Effect.raceFirst(work(started, emit, isTogether), stopped(started, stop))
    }
    yield* settle(started, emit)
  })

const reload = (run: Run, intent?: Store.Intent) =>
  Effect.flatMap(
    Store.Store,
    (store) => Effect.map(store.get(runs, run.id, run.thread_id, intent), Option.getOrUndefined)
  )

/** What is left to do where a run needs its caller: it expires. */
const untilExpiry = (run: Run | undefined) =>
  Effect.map(Clock.currentTimeMillis, (millis): Next | undefined =>
    run?.status === "requires_action"
      ? { after: Math.max((run.expires_at ?? Infinity) * 1000 - millis, 0), onLook: false }
      : undefined)

const expire = (run: Run, emit: Emit) =>
  report(
    emit,
    Effect.gen(function*() {
      const current = yield* reload(run, "update")
      const isOver = current !== undefined && (yield* isDue(current))
      return [undefined, isOver ? (yield* finish(current, "expired")).events : []] as const
    })
  )

/** One step of the work on a run. Only a status that lasts is a separate step. */
const step = (run: Run, lasting: number | undefined, stop: Effect.Effect<void>, emit: Emit, isTogether: boolean) =>
  Effect.gen(function*() {
    const current = yield* reload(run)
    if (current === undefined) return yield* noRun(run.id)
    if (current.status === "requires_action") {
      yield* expire(current, emit)
      return undefined
    }
    if (lasting !== undefined && current.status === "queued") {
      yield* start(current, emit)
      return { after: lasting, onLook: true }
    }
    if (isActive(current)) yield* carry(current, stop, emit, isTogether)
    const left = yield* reload(run)
    // It was stopped by a clock that was ahead of this step.
    if (lasting !== undefined && left?.status === "in_progress") return { after: 0, onLook: true }
    return yield* untilExpiry(left)
  })

type Failure = ServerError | Store.StoreError | Store.CursorNotFound

const logged = <A, R>(run: Run, effect: Effect.Effect<A, Failure, R>) =>
  effect.pipe(
    // The run was deleted meanwhile.
    Effect.catchTag("ServerError", () => Effect.succeed(undefined)),
    orLeft(`The run ${run.id}`)
  )

/**
 * Begins the work on a run that is queued, or continues it. Must follow the transaction that changed the run. Default for
 * `isStreamed`: what the store says.
 */
export const pursue = (run: Run, lasting = pace, isStreamed?: boolean) =>
  Effect.gen(function*() {
    const engine = yield* Engine
    const events = yield* RunEvents
    const { isImmediate = false } = yield* Model.Model
    const hasEvents = isStreamed ?? (yield* events.isStreamed(run))
    const emit: Emit = hasEvents ? (some) => events.write(run, some) : silent
    yield* engine.begin({
      ...workOf(run),
      isQuick: isImmediate || run.status === "requires_action",
      first: (yield* untilExpiry(run)) ?? { after: isImmediate ? lasting : 0, onLook: true },
      step: (stop) =>
        logged(run, step(run, isImmediate ? lasting : undefined, stop, emit, isImmediate || !hasEvents)).pipe(
          Effect.ensuring(hasEvents ? events.wake(run) : Effect.void)
        )
    })
  })

const resumption = Resumption.make({
  name: "Runs",
  workOf,
  unfinished: Effect.flatMap(
    Store.Store,
    (store) => Effect.map(Effect.forEach(active, (status) => store.find(runs, { status })), (all) => all.flat())
  ),
  load: (id, parent) =>
    Effect.flatMap(Store.Store, (store) => Effect.map(store.get(runs, id, parent), Option.getOrUndefined)),
  isActive,
  pursue: (run) => pursue(run, 0)
})

export const { claim, resume, resumeLease } = resumption

/** Events that were written together, and the number of the last one. */
interface Batch {
  readonly events: ReadonlyArray<Event>
  readonly last: number
}

/**
 * Begins the work on a run, and returns its events after a number. The work continues where they are not read to the end,
 * and the events where another process continues the work.
 */
export const follow = (run: Run, after: number) =>
  Effect.gen(function*() {
    const engine = yield* Engine
    const events = yield* RunEvents
    const batches = yield* Mailbox.make<Batch, Failure>()
    const emit: Emit = (some) =>
      Effect.map(
        events.write(run, some),
        Effect.flatMap((last) => last === undefined ? Effect.void : batches.offer({ events: some, last }))
      )
    yield* engine.begin({
      ...workOf(run),
      isQuick: false,
      first: { after: 0, onLook: false },
      step: (stop) =>
        logged(
          run,
          Effect.onExit(step(run, undefined, stop, emit, false), (exit) =>
            Effect.zipRight(
              events.wake(run),
              // Another process may have taken the work over.
              batches.done(events.isShared && Exit.isInterrupted(exit) ? Exit.void : Exit.asVoid(exit))
            ))
        ),
      onEnd: () => batches.unsafeDone(Exit.void)
    }, { takesOver: true })

    const caller = yield* FiberRef.get(Caller.current)
    let last = after
    let isOver = false
    const own = Stream.mapChunks(Mailbox.toStream(batches), (chunk) =>
      Chunk.flatMap(chunk, (batch) => {
        const first = batch.last - batch.events.length + 1
        if (isOver || first !== last + 1) return Chunk.empty()
        last = batch.last
        isOver = batch.events.some(isLast)
        return Chunk.unsafeFromArray(batch.events.map((event, index): Numbered => ({ ...event, id: first + index })))
      }))
    return Stream.concat(
      own,
      Stream.unwrap(
        Effect.suspend(() => isOver ? Effect.succeed(Stream.empty) : Caller.as(caller)(events.follow(run, last)))
      )
    )
  })

/** The run takes the steps that are due, and then the next one, unless no request has seen the last one yet. */
const look = (threadId: string, runId?: string) =>
  Effect.flatMap(Engine, (engine) => engine.look(keyOfWork(threadId), runId))

/** As `resumption.nudge`, for the newest run of a thread: only that one can be active. */
const nudgeNewest = (threadId: string) =>
  Effect.gen(function*() {
    const engine = yield* Engine
    if (yield* engine.has(keyOfWork(threadId))) return
    const store = yield* Store.Store
    const { data } = yield* store.list(runs, { parent: threadId, order: "desc", limit: 1 })
    for (const run of data) yield* resumption.nudge(run)
  })

/**
 * Lets the run of a thread make progress, wherever it is worked on. For a request that reads what a run changes, and for one
 * that its lock refuses.
 */
export const seen = (threadId: string) => <A, E, R>(read: Effect.Effect<A, E, R>) =>
  Effect.zipRight(look(threadId), Effect.zipLeft(read, nudgeNewest(threadId)))

/** As `seen`, for a request that reads what one run has changed, in a transaction with the run. */
export const readWith = <A, E, R>(path: Path, read: (run: Run) => Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    yield* look(path.thread_id, path.run_id)
    const [run, result] = yield* store.transaction(
      Effect.flatMap(runOf(path), (run) => Effect.map(read(run), (result) => [run, result] as const))
    )
    yield* resumption.nudge(run)
    return result
  })

/** For every other request to a thread. Its run takes the steps that are due. */
export const catchUp = (threadId: string) => Effect.flatMap(Engine, (engine) => engine.catchUp(keyOfWork(threadId)))

/** Reads a run. Waits up to `maxWait` of real time where the run is worked on. */
export const read = (path: Path, maxWait: Duration.Duration) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const engine = yield* Engine
    const key = keyOfWork(path.thread_id)
    yield* engine.look(key, path.run_id)
    if ((yield* engine.isBusy(key, path.run_id)) && Duration.toMillis(maxWait) > 0) {
      yield* Effect.raceFirst(engine.rested(key, path.run_id), Effect.withClock(Effect.sleep(maxWait), Clock.make()))
    }
    const run = yield* store.transaction(runOf(path))
    yield* resumption.nudge(run)
    return run
  })

/** Asks a run to end. Must run in a transaction. */
export const cancel = (path: Path) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const run = yield* runOf(path, getToUpdate)
    if (!isActive(run) || run.status === "cancelling") {
      return yield* refused(`Cannot cancel run with status '${run.status}'.`)
    }
    const cancelling: Run = { ...run, status: "cancelling", required_action: null }
    yield* store.set(runs, cancelling)
    yield* claim(cancelling)
    return cancelling
  })

/** Stops the work on the run of a thread. Must follow the transaction that changed or deleted the run. */
export const stop = (threadId: string) => Effect.flatMap(Engine, (engine) => engine.stop(keyOfWork(threadId)))

const quoted = (ids: ReadonlyArray<string>): string => `[${ids.map((id) => `'${id}'`).join(", ")}]`

/** Takes the outputs of functions. Must run in a transaction. */
export const submit = (path: Path, { tool_outputs }: Runs.SubmitToolOutputsRunRequest) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const run = yield* runOf(path, getToUpdate)
    if (run.status !== "requires_action") {
      return yield* refused(`Runs in status "${run.status}" do not accept tool outputs.`)
    }
    const step = (yield* stepsOf(run)).find(({ status }) => status === "in_progress")!
    const calls = (step.step_details as RunSteps.ToolCalls).tool_calls as ReadonlyArray<
      Tolerant.Documented<RunSteps.FunctionToolCall>
    >
    const expected = calls.map(({ id }) => id)
    const given = tool_outputs.flatMap(({ tool_call_id }) => tool_call_id ?? [])
    const outputs = new Map(tool_outputs.map(({ output = "", tool_call_id }) => [tool_call_id, output]))
    if (
      given.length !== expected.length || tool_outputs.length !== given.length ||
      !expected.every((id) => outputs.has(id))
    ) {
      return yield* refused(
        `Expected tool outputs for call_ids ${quoted(expected)}, got ${quoted(given)}`,
        null,
        { summary: `Expected tool outputs for call_ids ${quoted(expected)}, got others.` }
      )
    }
    const tool_calls = calls.map((call): Tolerant.Documented<RunSteps.FunctionToolCall> => ({
      ...call,
      function: { ...call.function, output: outputs.get(call.id)! }
    }))
    const prompt = yield* promptOf(run)
    const tokenizer = yield* Tokenizer
    const completed = {
      ...step,
      status: "completed" as const,
      completed_at: yield* now,
      step_details: { type: "tool_calls" as const, tool_calls },
      usage: usageOf(promptTokens(tokenizer, prompt), completionTokens(tokenizer, run, step, undefined))
    }
    const queued: Run = { ...run, status: "queued", required_action: null }
    yield* billed.end(run, completed)
    yield* store.set(runs, queued)
    yield* claim(queued)
    const events: ReadonlyArray<Event> = [
      { event: "thread.run.step.completed", data: completed },
      { event: "thread.run.queued", data: queued }
    ]
    return { run: queued, events }
  })
