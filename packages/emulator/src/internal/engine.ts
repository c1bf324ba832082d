import type * as AssistantStream from "@effect-openai/core/AssistantStream"
import type * as Messages from "@effect-openai/core/Messages"
import type * as Runs from "@effect-openai/core/Runs"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Ids } from "../Ids.js"
import * as Model from "../Model.js"
import * as Store from "../Store.js"
import { annotate } from "./annotations.js"
import { withinWindow } from "./contextWindow.js"
import { all, files, freshId, getOrFail, keyOf, messages, now, runs, runSteps, threads } from "./documents.js"
import { noRun, noThread, refused } from "./errors.js"
import { count, promptTokens, tokens } from "./tokens.js"

// A run that a stream shows is driven by that stream. Any other takes one step whenever somebody looks at it, so that
// polling sees every status, whatever the time; but where the model takes its time, the work goes on in the background.
// What a process left behind that was ended is taken up again by the next.

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

export type Event = AssistantStream.AssistantStreamEvent

type Emit = (event: Event) => Effect.Effect<void>

const silent: Emit = () => Effect.void

type Status = "queued" | "in_progress" | "requires_action" | "cancelling"

const active: ReadonlyArray<Status> = ["queued", "in_progress", "requires_action", "cancelling"]

export const isActive = ({ status }: Runs.Run): boolean => active.some((one) => one === status)

type End = "completed" | "failed" | "cancelled" | "expired"

/** The run is no longer the one at work: it was cancelled, has expired, or is gone. */
class Stopped extends Data.TaggedError("Stopped") {}

/** Whoever is at work on a run. */
interface Driver {
  readonly stop: Deferred.Deferred<void>
  readonly isStream: boolean
}

/** The runs that are at work, each with its one driver. */
export class Driven extends Context.Tag("@effect-openai/emulator/internal/Driven")<Driven, Map<string, Driver>>() {}

const drivenIn = new WeakMap<Store.Service, Map<string, Driver>>()

/** Emulators that share a store share these too. */
export const layerDriven: Layer.Layer<Driven, never, Store.Store> = Layer.effect(
  Driven,
  Effect.map(Store.Store, (store) => {
    const driven = drivenIn.get(store) ?? new Map<string, Driver>()
    drivenIn.set(store, driven)
    return driven
  })
)

/** As long as the emulator lives: where work goes on that nobody waits for. */
export class Background extends Context.Tag("@effect-openai/emulator/internal/Background")<
  Background,
  Scope.Scope
>() {}

export const layerBackground: Layer.Layer<Background> = Layer.scoped(Background, Effect.scope)

/** Functions a run may take, one after the other, before it fails: a model may never come to an end. */
const maxTurns = 50

// -----------------------------------------------------------------------------
// prompt
// -----------------------------------------------------------------------------

const stepsOf = (run: Runs.Run) =>
  Effect.flatMap(
    Store.Store,
    (store) => Effect.map(store.list(runSteps, { parent: keyOf(run), order: "asc", limit: all }), ({ data }) => data)
  )

const textOf = ({ content }: Messages.Message): string =>
  content.map((part) => part.type === "text" ? part.text.value : "").join("\n")

/** A file's text, or what can be read of it as one. */
const searchable = (id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return Option.map(yield* store.get(files, id), ({ filename }): Model.SearchableFile => ({
      id,
      filename,
      text: store.readBlob(id).pipe(
        Stream.decodeText(),
        Stream.runFold("", (text, piece) => text + piece),
        Effect.mapError(({ message }) => new Model.ModelError({ code: "server_error", message }))
      )
    }))
  })

const promptOf = (run: Runs.Run) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { data } = yield* store.list(messages, { parent: run.thread_id, order: "asc", limit: all })
    const written = data.filter(({ status }) => status !== "in_progress")
    const { last_messages, type } = run.truncation_strategy ?? {}
    const seen = type === "last_messages" && typeof last_messages === "number" ? written.slice(-last_messages) : written
    const hasRetrieval = run.tools.some((tool) => tool.type === "retrieval")
    const fileIds = hasRetrieval ? new Set([...run.file_ids, ...seen.flatMap(({ file_ids }) => file_ids)]) : []
    const found = yield* Effect.forEach(fileIds, searchable)
    const steps = yield* stepsOf(run)
    const { response_format, tool_choice } = run
    const format = typeof response_format === "object" ? response_format?.type : response_format
    const prompt = {
      model: run.model,
      instructions: run.instructions ?? "",
      messages: seen.map((message): Model.Turn => ({
        role: message.role === "assistant" ? "assistant" : "user",
        content: textOf(message)
      })),
      tools: run.tools as Model.Prompt["tools"],
      toolChoice: (tool_choice ?? "auto") as Model.Prompt["toolChoice"],
      format: format === "json_object" ? format : "text",
      files: found.flatMap((file) => Option.toArray(file)),
      toolCalls: steps.flatMap(({ step_details: details }) =>
        details.type === "tool_calls" ? details.tool_calls as ReadonlyArray<Model.ToolCall> : []
      )
    } satisfies Model.Prompt
    return type === "last_messages" ? prompt : withinWindow(prompt)
  })

/** A reply, whatever the model does: what it dies of is a failure of the server. */
export const ask = (prompt: Model.Prompt): Effect.Effect<Model.Reply, Model.ModelError, Model.Model> =>
  Effect.flatMap(Model.Model, (model) => model.reply(prompt)).pipe(tamed)

const broken = new Model.ModelError({ code: "server_error", message: "The model failed." })

const tamed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Model.ModelError, R> =>
  Effect.catchAllDefect(
    effect,
    (defect) => Effect.zipRight(Effect.logError("A model failed", defect), Effect.fail(broken))
  )

// -----------------------------------------------------------------------------
// ends
// -----------------------------------------------------------------------------

const incompleteReason = {
  completed: "max_tokens",
  failed: "run_failed",
  cancelled: "run_cancelled",
  expired: "run_expired"
} as const

const sum = (usages: ReadonlyArray<Runs.RunUsage | null>): Runs.RunUsage => {
  const total = (field: keyof Runs.RunUsage) => usages.reduce((sum, usage) => sum + (usage?.[field] ?? 0), 0)
  return {
    prompt_tokens: total("prompt_tokens"),
    completion_tokens: total("completion_tokens"),
    total_tokens: total("total_tokens")
  }
}

const usageOf = (prompt: number, completion: number): Runs.RunUsage => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion
})

const completionTokens = ({ step_details: details }: RunSteps.RunStep, message: Messages.Message | undefined): number =>
  details.type === "tool_calls"
    ? count(JSON.stringify(details.tool_calls))
    : message === undefined
    ? 0
    : count(textOf(message))

/** The message that a step writes. */
const messageOf = ({ step_details: details, thread_id }: RunSteps.RunStep) =>
  Effect.gen(function*() {
    if (details.type !== "message_creation") return undefined
    const store = yield* Store.Store
    const { message_id } = details.message_creation as RunSteps.MessageCreation["message_creation"]
    return Option.getOrUndefined(yield* store.get(messages, message_id, thread_id))
  })

/** What is said of an end beside its status. */
interface Details {
  readonly last_error?: Model.ModelError
  readonly incomplete?: "max_completion_tokens" | "max_prompt_tokens" | undefined
}

/** Ends a step that is at work, with the message that it writes. */
const endStep = (run: Runs.Run, step: RunSteps.RunStep, end: End, { incomplete, last_error: error }: Details) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const time = yield* now
    const read = promptTokens(yield* promptOf(run))
    const events: Array<Event> = []
    const message = yield* messageOf(step)
    if (message?.status === "in_progress") {
      const isComplete = end === "completed" && incomplete === undefined
      const ended: Messages.Message = isComplete
        ? { ...message, status: "completed", completed_at: time }
        : {
          ...message,
          status: "incomplete",
          incomplete_at: time,
          incomplete_details: { reason: incompleteReason[end] }
        }
      yield* store.set(messages, ended)
      events.push({ event: isComplete ? "thread.message.completed" : "thread.message.incomplete", data: ended })
    }
    const usage = usageOf(read, completionTokens(step, message))
    const ended: RunSteps.RunStep = {
      ...step,
      status: end,
      [`${end}_at`]: time,
      usage,
      last_error: error === undefined
        ? null
        : { code: error.code === "invalid_prompt" ? "server_error" : error.code, message: error.message }
    }
    yield* store.set(runSteps, ended)
    events.push({ event: `thread.run.step.${end}`, data: ended })
    return { events, usage }
  })

/** Ends a run with all that it has at work, and tells what that changes, the parts before the whole. */
const finish = (run: Runs.Run, end: End, details: Details = {}) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const time = yield* now
    const events: Array<Event> = []
    const usages: Array<Runs.RunUsage | null> = []
    for (const step of yield* stepsOf(run)) {
      if (step.status !== "in_progress") {
        usages.push(step.usage)
        continue
      }
      const ended = yield* endStep(run, step, end, details)
      usages.push(ended.usage)
      events.push(...ended.events)
    }
    const { incomplete, last_error: error } = details
    const ended: Runs.Run = {
      ...run,
      status: end,
      required_action: null,
      usage: sum(usages),
      ...(end === "expired" ? {} : { [`${end}_at`]: time }),
      ...(end === "completed" ? { expires_at: null } : {}),
      ...(error === undefined ? {} : { last_error: { code: error.code, message: error.message } }),
      ...(incomplete === undefined ? {} : { incomplete_details: { reason: incomplete } })
    }
    yield* store.set(runs, ended)
    events.push({ event: `thread.run.${end}`, data: ended })
    return { run: ended, events }
  })

const isDue = (run: Runs.Run) =>
  Effect.map(now, (time) => isActive(run) && run.status !== "cancelling" && time >= (run.expires_at ?? Infinity))

// -----------------------------------------------------------------------------
// reading
// -----------------------------------------------------------------------------

interface Path {
  readonly thread_id: string
  readonly run_id: string
}

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

// -----------------------------------------------------------------------------
// work
// -----------------------------------------------------------------------------

/** Changes a run that is at work, in one transaction. */
const whileAtWork = <A, E, R>(run: Runs.Run, change: (run: Runs.Run) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Store.Store, (store) =>
    store.transaction(Effect.gen(function*() {
      const current = yield* store.get(runs, run.id, run.thread_id)
      if (Option.isNone(current) || current.value.status !== "in_progress" || (yield* isDue(current.value))) {
        return yield* new Stopped()
      }
      return yield* change(current.value)
    })))

const newStep = (run: Runs.Run, step_details: RunSteps.RunStep["step_details"]) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const step: RunSteps.RunStep = {
      id: yield* freshId(runSteps, "step_", keyOf(run)),
      object: "thread.run.step",
      created_at: yield* now,
      run_id: run.id,
      assistant_id: run.assistant_id,
      thread_id: run.thread_id,
      type: step_details.type as RunSteps.RunStep["type"],
      status: "in_progress",
      cancelled_at: null,
      completed_at: null,
      expired_at: null,
      failed_at: null,
      last_error: null,
      step_details,
      metadata: {},
      usage: null
    }
    yield* store.set(runSteps, step)
    return step
  })

/**
 * The step of this type that whoever was at work before left behind. One of another type has failed: the model has
 * changed its mind.
 */
const leftStep = (run: Runs.Run, type: RunSteps.RunStep["type"]) =>
  Effect.gen(function*() {
    const left = (yield* stepsOf(run)).find(({ status }) => status === "in_progress")
    if (left === undefined || left.type === type) return left
    yield* endStep(run, left, "failed", { last_error: broken })
    return undefined
  })

/** A step of calls that are not known yet. */
const toolStep = (run: Runs.Run) =>
  whileAtWork(run, () =>
    Effect.flatMap(
      leftStep(run, "tool_calls"),
      (left) => left === undefined ? newStep(run, { type: "tool_calls", tool_calls: [] }) : Effect.succeed(left)
    ))

/** A step that writes a message, and the message, which begins empty. */
const messageStep = (run: Runs.Run) =>
  whileAtWork(run, () =>
    Effect.gen(function*() {
      const store = yield* Store.Store
      const left = yield* leftStep(run, "message_creation")
      const begun = left === undefined ? undefined : yield* messageOf(left)
      if (left !== undefined && begun !== undefined) return [left, { ...begun, content: [] }] as const
      const message: Messages.Message = {
        id: yield* freshId(messages, "msg_", run.thread_id),
        object: "thread.message",
        created_at: yield* now,
        assistant_id: run.assistant_id,
        thread_id: run.thread_id,
        run_id: run.id,
        status: "in_progress",
        incomplete_details: null,
        incomplete_at: null,
        completed_at: null,
        role: "assistant",
        content: [],
        file_ids: [],
        metadata: {}
      }
      yield* store.set(messages, message)
      const { id: message_id } = message
      return [yield* newStep(run, { type: "message_creation", message_creation: { message_id } }), message] as const
    }))

const emitStep = (step: RunSteps.RunStep, emit: Emit) =>
  Effect.zipRight(
    emit({ event: "thread.run.step.created", data: step }),
    emit({ event: "thread.run.step.in_progress", data: step })
  )

const emitStepDelta = (
  { id }: RunSteps.RunStep,
  emit: Emit,
  ...tool_calls: NonNullable<RunSteps.ToolCallsDelta["tool_calls"]>
) =>
  emit({
    event: "thread.run.step.delta",
    data: { id, object: "thread.run.step.delta", delta: { step_details: { type: "tool_calls", tool_calls } } }
  })

const emitAll = (events: ReadonlyArray<Event>, emit: Emit) => Effect.forEach(events, emit, { discard: true })

const endWith = (run: Runs.Run, end: End, emit: Emit, details?: Details) =>
  Effect.flatMap(
    whileAtWork(run, (run) => finish(run, end, details)),
    ({ events }) => emitAll(events, emit)
  )

/** How many tokens more a run may write. */
const tokensLeft = (run: Runs.Run) =>
  Effect.map(
    stepsOf(run),
    (steps) => (run.max_completion_tokens ?? Infinity) - sum(steps.map(({ usage }) => usage)).completion_tokens
  )

/** Writes a message, piece by piece, and with it completes the run. */
const write = (run: Runs.Run, { ending, pieces }: Model.Text, emit: Emit) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const limit = yield* tokensLeft(run)
    const [step, first] = yield* messageStep(run)
    yield* emitStep(step, emit)
    yield* emit({ event: "thread.message.created", data: first })
    yield* emit({ event: "thread.message.in_progress", data: first })

    let value = ""
    let left = limit
    let isFirst = true
    const put = (text: Messages.TextContent["text"], file_ids = first.file_ids) =>
      store.set(messages, { ...first, file_ids, content: [{ type: "text", text }] })
    const tell = (text: NonNullable<Messages.TextContentDelta["text"]>) =>
      emit({
        event: "thread.message.delta",
        data: { id: first.id, object: "thread.message.delta", delta: { content: [{ index: 0, type: "text", text }] } }
      })
    const gain = (delta: NonNullable<Messages.TextContentDelta["text"]>) =>
      Effect.zipRight(whileAtWork(run, () => put({ value, annotations: [] })), tell(delta))
    const isWithinLimit = yield* pieces.pipe(
      Stream.filter((piece) => piece !== ""),
      Stream.runForEachWhile((piece) =>
        Effect.gen(function*() {
          const all = tokens(piece)
          const kept = all.length > left ? all.slice(0, Math.max(left, 0)).join("") : piece
          const isOver = kept !== piece
          left -= all.length
          if (kept !== "") {
            value += kept
            yield* gain({ value: kept, ...(isFirst ? { annotations: [] } : {}) })
            isFirst = false
          }
          return !isOver
        })
      ),
      Effect.map(() => left >= 0),
      tamed
    )
    // A message has its text, be it an empty one.
    if (isFirst) yield* gain({ value, annotations: [] })
    const end = ending()
    if (end.citations.length + end.files.length > 0) {
      const annotations = yield* whileAtWork(run, () =>
        Effect.gen(function*() {
          const { annotations, file_ids } = yield* annotate(first, value, end)
          yield* put({ value, annotations }, file_ids)
          return annotations
        }))
      if (annotations.length > 0) {
        yield* tell({ annotations: annotations.map((annotation, index) => ({ index, ...annotation })) })
      }
    }
    yield* endWith(run, "completed", emit, {
      incomplete: end.isWhole && isWithinLimit ? undefined : "max_completion_tokens"
    })
  })

/** Lets a tool of the server's own do its work. */
const useTool = (
  run: Runs.Run,
  call: RunSteps.CodeInterpreterToolCall | RunSteps.RetrievalToolCall,
  emit: Emit
) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const step = yield* toolStep(run)
    yield* emitStep(step, emit)
    if (call.type === "retrieval") {
      yield* emitStepDelta(step, emit, { index: 0, ...call })
    } else {
      const { code_interpreter: { input, outputs }, id, type } = call
      yield* emitStepDelta(step, emit, { index: 0, id, type, code_interpreter: { input: "", outputs: [] } })
      yield* emitStepDelta(step, emit, { index: 0, type, code_interpreter: { input } })
      yield* emitStepDelta(step, emit, {
        index: 0,
        type,
        code_interpreter: {
          outputs: outputs.map((output, index) =>
            ({ index, ...output }) as RunSteps.CodeInterpreterLogsDelta | RunSteps.CodeInterpreterImageDelta
          )
        }
      })
    }
    const completed = yield* whileAtWork(run, () =>
      Effect.gen(function*() {
        const completed: RunSteps.RunStep = {
          ...step,
          status: "completed",
          completed_at: yield* now,
          step_details: { type: "tool_calls", tool_calls: [call] },
          usage: usageOf(promptTokens(yield* promptOf(run)), count(JSON.stringify(call)))
        }
        yield* store.set(runSteps, completed)
        return completed
      }))
    yield* emit({ event: "thread.run.step.completed", data: completed })
  })

/** Asks the caller to run functions. */
const requireAction = (run: Runs.Run, { calls }: Model.FunctionCalls, emit: Emit) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    // Half a call is none.
    const written = calls.reduce((sum, call) => sum + count(call.name) + count(call.arguments), 0)
    if (written > (yield* tokensLeft(run))) {
      return yield* endWith(run, "completed", emit, { incomplete: "max_completion_tokens" })
    }
    const ids = yield* Ids
    const toolCalls = yield* Effect.forEach(calls, (call) =>
      Effect.map(ids.next("call_"), (id): Runs.RunToolCall => ({ id, type: "function", function: call })))
    const step = yield* toolStep(run)
    yield* emitStep(step, emit)
    for (const [index, { function: { arguments: text, name }, id, type }] of toolCalls.entries()) {
      yield* emitStepDelta(step, emit, { index, id, type, function: { name, arguments: "", output: null } })
      for (const piece of tokens(text)) {
        yield* emitStepDelta(step, emit, { index, type, function: { arguments: piece } })
      }
    }
    const waiting = yield* whileAtWork(run, (run) =>
      Effect.gen(function*() {
        yield* store.set(runSteps, {
          ...step,
          step_details: {
            type: "tool_calls",
            tool_calls: toolCalls.map((call): RunSteps.FunctionToolCall => ({
              ...call,
              function: { ...call.function, output: null }
            }))
          }
        })
        const waiting: Runs.Run = {
          ...run,
          status: "requires_action",
          required_action: { type: "submit_tool_outputs", submit_tool_outputs: { tool_calls: toolCalls } }
        }
        yield* store.set(runs, waiting)
        return waiting
      }))
    yield* emit({ event: "thread.run.requires_action", data: waiting })
  })

/** Does what the model replies, and says whether the model is to be asked again. */
const act = (run: Runs.Run, reply: Model.Reply, emit: Emit) =>
  Effect.gen(function*() {
    const callId = Effect.flatMap(Ids, (ids) => ids.next("call_"))
    switch (reply._tag) {
      case "Text":
        yield* write(run, reply, emit)
        return false
      case "FunctionCalls":
        yield* requireAction(run, reply, emit)
        return false
      case "Retrieval":
        yield* useTool(run, { id: yield* callId, type: "retrieval", retrieval: {} }, emit)
        return true
      case "CodeInterpreter": {
        const { input, logs } = reply
        const code_interpreter = { input, outputs: [{ type: "logs" as const, logs }] }
        yield* useTool(run, { id: yield* callId, type: "code_interpreter", code_interpreter }, emit)
        return true
      }
    }
  })

/** The whole reply, so that what follows takes no time. */
const whole = (reply: Model.Reply): Effect.Effect<Model.Reply, Model.ModelError> =>
  reply._tag === "Text"
    ? Effect.map(
      tamed(Stream.runCollect(reply.pieces)),
      (pieces) => ({ ...reply, pieces: Stream.make(Chunk.join(pieces, "")) })
    )
    : Effect.succeed(reply)

/**
 * Brings a run from `in_progress` to its end or to where the caller is to act. With `emit` each change is told when it
 * is made; without it each reply takes effect at once.
 */
const work = (run: Runs.Run, emit?: Emit) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    for (let turn = 0; turn < maxTurns; turn++) {
      const prompt = yield* promptOf(run)
      if (promptTokens(prompt) > (run.max_prompt_tokens ?? Infinity)) {
        return yield* endWith(run, "completed", emit ?? silent, { incomplete: "max_prompt_tokens" })
      }
      const reply = yield* ask(prompt)
      const goesOn = emit === undefined
        ? yield* Effect.flatMap(whole(reply), (reply) => store.transaction(act(run, reply, silent)))
        : yield* act(run, reply, emit)
      if (!goesOn) return
    }
    return yield* broken
  }).pipe(
    Effect.catchTag(
      "ModelError",
      (error) => endWith(run, "failed", emit ?? silent, { last_error: error })
    ),
    Effect.catchTag("Stopped", () => Effect.void)
  )

// -----------------------------------------------------------------------------
// transitions
// -----------------------------------------------------------------------------

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

/**
 * Takes a run over as its one driver, unless somebody else has it. A stream, which is to show all of it, takes it from
 * one that is none.
 */
const asDriver = <A, E, R>(
  run: Runs.Run,
  isStream: boolean,
  use: (driver: Driver) => Effect.Effect<A, E, R>
): Effect.Effect<Option.Option<A>, E, R | Driven> =>
  Effect.flatMap(Driven, (driven) =>
    Effect.suspend(() => {
      const key = keyOf(run)
      const before = driven.get(key)
      if (before !== undefined) {
        if (!isStream) return Effect.succeedNone
        if (!before.isStream) Deferred.unsafeDone(before.stop, Effect.void)
      }
      const driver: Driver = { stop: Deferred.unsafeMake(FiberId.none), isStream }
      driven.set(key, driver)
      return Effect.ensuring(
        Effect.asSome(use(driver)),
        Effect.sync(() => {
          if (driven.get(key) === driver) driven.delete(key)
        })
      )
    }))

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

// -----------------------------------------------------------------------------
// streams
// -----------------------------------------------------------------------------

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

// -----------------------------------------------------------------------------
// resumption
// -----------------------------------------------------------------------------

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
