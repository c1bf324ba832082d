import type * as Runs from "@effect-openai/core/Runs"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { getOrFail, keyOf, now, runs, runSteps } from "../documents.js"
import { noRun, refused } from "../errors.js"
import { promptTokens } from "../tokens.js"
import { isDue, runOf } from "./current.js"
import { asDriver, Background, Driven, type Driver } from "./drivers.js"
import { finish } from "./ends.js"
import { promptOf } from "./prompt.js"
import { type Emit, emitAll, type Event, isActive, type Path, silent, stepsOf } from "./run.js"
import { completionTokens, usageOf } from "./usage.js"
import { work } from "./work.js"

// A run that a stream shows is driven by that stream. Any other takes one step whenever somebody looks at it, so that
// polling sees every status, whatever the time; but where the model takes its time, the work goes on in the background.
// What a process left behind that was ended is taken up again by the next.

const start = (run: Runs.Run) =>
  Effect.flatMap(Store.Store, (store) =>
    store.transaction(Effect.gen(function*() {
      const current = yield* getOrFail(runs, run.id, noRun, run.thread_id)
      if (current.status !== "queued") return current
      const started: Runs.Run = { ...current, status: "in_progress", started_at: yield* now }
      yield* store.set(runs, started)
      return started
    })))

/** Ends what was cancelled, or what is over; otherwise the run stays as it is. */
const settle = (run: Runs.Run, emit: Emit) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const ended = yield* store.transaction(Effect.gen(function*() {
      const current = yield* getOrFail(runs, run.id, noRun, run.thread_id)
      if (current.status === "cancelling") {
        const { events } = yield* finish(current, "cancelled")
        return [{ event: "thread.run.cancelling" as const, data: current }, ...events]
      }
      return (yield* isDue(current)) ? (yield* finish(current, "expired")).events : []
    }))
    yield* emitAll(ended, emit)
  })

/** Waits until a run is cancelled or gone, or its time is over. */
const stopped = (run: Runs.Run, stop: Deferred.Deferred<void>) =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    (millis) => Effect.raceFirst(Deferred.await(stop), Effect.sleep(Math.max((run.expires_at ?? 0) * 1000 - millis, 0)))
  )

/** Takes a queued run, or one that was left at work, to where it stands still. */
const carry = (run: Runs.Run, { stop }: Driver, emit?: Emit) =>
  Effect.gen(function*() {
    const tell = emit ?? silent
    const started = yield* start(run)
    if (started.status === "in_progress") {
      yield* tell({ event: "thread.run.in_progress", data: started })
      yield* Effect.raceFirst(work(started, emit), stopped(started, stop))
    }
    yield* settle(started, tell)
  })

/** Takes a run to where it stands still, unless somebody else does. */
const takeUp = (run: Runs.Run) =>
  asDriver(run, false, (driver) => carry(run, driver)).pipe(
    // It was deleted meanwhile.
    Effect.catchTag("ServerError", () => Effect.void),
    Effect.catchAllCause((cause) => Effect.logError(`The run ${run.id} is left as it is`, cause))
  )

/** Sees to a run that nobody looks at, where the model takes its time. It belongs behind the transaction that changed it. */
export const pursue = (run: Runs.Run) =>
  Effect.gen(function*() {
    const { isImmediate } = yield* Model.Model
    if (isImmediate !== true) yield* Effect.forkIn(takeUp(run), yield* Background)
  })

/** Lets a run take its next step, and answers it as it is then. */
export const advance = (path: Path) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { isImmediate } = yield* Model.Model
    const run = yield* store.transaction(runOf(path))
    if (isImmediate !== true) {
      if (isActive(run) && run.status !== "requires_action") yield* pursue(run)
      return run
    }
    switch (run.status) {
      case "queued":
        return yield* Effect.map(asDriver(run, false, () => start(run)), Option.getOrElse(() => run))
      case "in_progress":
      case "cancelling":
        yield* asDriver(run, false, (driver) => carry(run, driver))
        return yield* store.transaction(runOf(path))
      default:
        return run
    }
  })

/** Asks a run to end. It belongs into a transaction. */
export const cancel = (path: Path) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const driven = yield* Driven
    const run = yield* runOf(path)
    if (!isActive(run) || run.status === "cancelling") {
      return yield* refused(`Cannot cancel run with status '${run.status}'.`)
    }
    const cancelling: Runs.Run = { ...run, status: "cancelling", required_action: null }
    yield* store.set(runs, cancelling)
    const stop = driven.get(keyOf(run))?.stop
    return { run: cancelling, stop: stop === undefined ? Effect.void : Deferred.succeed(stop, undefined) }
  })

/** Lets go of the runs of a thread that is no more. */
export const forsake = (threadId: string) =>
  Effect.map(Driven, (driven) => {
    for (const [key, { stop }] of driven) {
      if (key.startsWith(keyOf({ id: "", thread_id: threadId }))) Deferred.unsafeDone(stop, Effect.void)
    }
  })

const quoted = (ids: ReadonlyArray<string>): string => `[${ids.map((id) => `'${id}'`).join(", ")}]`

/** Takes the outputs of functions. It belongs into a transaction. */
export const submit = (path: Path, { tool_outputs }: Runs.SubmitToolOutputsRunRequest) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const run = yield* runOf(path)
    if (run.status !== "requires_action") {
      return yield* refused(`Runs in status "${run.status}" do not accept tool outputs.`)
    }
    const step = (yield* stepsOf(run)).find(({ status }) => status === "in_progress")!
    const calls = (step.step_details as RunSteps.ToolCalls).tool_calls as ReadonlyArray<RunSteps.FunctionToolCall>
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
        `Expected tool outputs for call_ids ${quoted(expected)}, got others.`
      )
    }
    const tool_calls = calls.map((call): RunSteps.FunctionToolCall => ({
      ...call,
      function: { ...call.function, output: outputs.get(call.id)! }
    }))
    const prompt = yield* promptOf(run)
    const completed: RunSteps.RunStep = {
      ...step,
      status: "completed",
      completed_at: yield* now,
      step_details: { type: "tool_calls", tool_calls },
      usage: usageOf(promptTokens(prompt), completionTokens(step, undefined))
    }
    const queued: Runs.Run = { ...run, status: "queued", required_action: null }
    yield* store.set(runSteps, completed)
    yield* store.set(runs, queued)
    const events: ReadonlyArray<Event> = [
      { event: "thread.run.step.completed", data: completed },
      { event: "thread.run.queued", data: queued }
    ]
    return { run: queued, events }
  })

/** Takes a queued run to where it stops. One that is interrupted at work leaves it cancelled. */
export const drive = (run: Runs.Run, before: ReadonlyArray<Event>, emit: Emit) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const driven = yield* Driven
    const abandon = store.transaction(Effect.gen(function*() {
      const current = yield* store.get(runs, run.id, run.thread_id)
      if (Option.isSome(current) && isActive(current.value) && current.value.status !== "requires_action") {
        yield* finish(current.value, "cancelled")
      }
    })).pipe(Effect.ignoreLogged)

    return yield* asDriver(run, true, (driver) =>
      Effect.zipRight(emitAll(before, emit), carry(run, driver, emit)).pipe(
        Effect.onInterrupt(() => driven.get(keyOf(run)) === driver ? abandon : Effect.void)
      ))
  })

const maxResumed = 8

const resumed = new WeakSet<Store.Service>()

/** Takes up the runs that were at work when the process before this one was ended, once for each store. */
export const resume = Effect.gen(function*() {
  const store = yield* Store.Store
  if (resumed.has(store)) return
  resumed.add(store)
  const left = yield* Effect.forEach(
    ["queued", "in_progress", "cancelling"] as const,
    (status) => store.find(runs, { status })
  )
  yield* Effect.forEach(left.flat(), takeUp, { concurrency: maxResumed, discard: true })
}).pipe(
  Effect.catchAllCause((cause) => Effect.logError("Runs could not be taken up again", cause))
)
