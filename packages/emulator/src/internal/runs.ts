import type * as Contract from "@effect-openai/core/Runs"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as conversations from "./conversations.js"
import {
  assistants,
  freshId,
  getOrFail,
  getToUpdate,
  insert,
  keyOf,
  list,
  modifyMetadata,
  now,
  type Run,
  runs,
  type Thread,
  threads
} from "./documents.js"
import { activeRun, runOf } from "./engine/current.js"
import * as lifecycle from "./engine/lifecycle.js"
import { type Event, isActive } from "./engine/run.js"
import { RunEvents } from "./engine/runEvents.js"
import { fromStore, noAssistant, noThread, refused } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import * as Creators from "./organization/creators.js"
import { askToPoll } from "./polling.js"
import { check } from "./rules/rule.js"
import { rules } from "./rules/runs.js"
import { Settings } from "./settings.js"
import * as Sse from "./sse.js"
import { forEachChunk } from "./streams.js"

/** How long a run may take, in seconds. */
const lifetime = 600

/** Puts a run into the queue. Must run in a transaction, with what the run is about. */
const addRun = (
  threadId: string,
  request: Omit<Contract.CreateRunRequest, "additional_messages">
) =>
  Effect.gen(function*() {
    const assistant = yield* getOrFail(assistants, request.assistant_id, noAssistant)
    const settings = {
      tools: request.tools ?? assistant.tools,
      truncation_strategy: request.truncation_strategy ?? { type: "auto" as const, last_messages: null },
      tool_choice: request.tool_choice ?? "auto",
      response_format: request.response_format ?? assistant.response_format ?? "auto"
    }
    yield* check(rules, settings)
    const instructions = [request.instructions ?? assistant.instructions, request.additional_instructions]
      .filter((text) => typeof text === "string")
    const created_at = yield* now
    const run = yield* insert(runs, freshId("run_"), (id): Run => ({
      id,
      object: "thread.run",
      created_at,
      assistant_id: assistant.id,
      thread_id: threadId,
      status: "queued",
      started_at: null,
      expires_at: created_at + lifetime,
      cancelled_at: null,
      failed_at: null,
      completed_at: null,
      required_action: null,
      last_error: null,
      incomplete_details: null,
      model: request.model ?? assistant.model,
      instructions: instructions.length === 0 ? null : instructions.join("\n"),
      file_ids: assistant.file_ids,
      metadata: request.metadata ?? {},
      usage: null,
      temperature: request.temperature ?? assistant.temperature ?? 1,
      top_p: request.top_p ?? assistant.top_p ?? 1,
      max_prompt_tokens: request.max_prompt_tokens ?? null,
      max_completion_tokens: request.max_completion_tokens ?? null,
      ...settings
    }))
    yield* Creators.keep(keyOf(run))
    yield* lifecycle.claim(run)
    return run
  })

const createdEvents = (run: Run, thread?: Thread): ReadonlyArray<Event> => [
  ...(thread === undefined ? [] : [{ event: "thread.created", data: thread } as const]),
  { event: "thread.run.created", data: run },
  { event: "thread.run.queued", data: run }
]

/** A run that a request queued, and the events that report it where the run is streamed. */
interface Queued {
  readonly run: Run
  readonly events: ReadonlyArray<Event>
  /** The number of the last event. Undefined where the run is not streamed. */
  readonly last: number | undefined
}

/**
 * Queues a run in one transaction with its events. A request for a stream begins one, and events of others are written where
 * a run is streamed already.
 */
const queue = <E, R>(
  change: Effect.Effect<Omit<Queued, "last">, E, R>,
  stream: boolean | null | undefined,
  mayBeStreamed: boolean
) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const runEvents = yield* RunEvents
    const begins = stream === true
    if (!begins && !mayBeStreamed) return { ...yield* store.transaction(change), last: undefined }
    const [changed, announce] = yield* store.transaction(Effect.flatMap(change, (changed) =>
      Effect.map(runEvents.write(changed.run, changed.events, { begins }), (announce) =>
        [changed, announce] as const)))
    return { ...changed, last: yield* announce }
  })

/** The response to a request that queued a run: its events, or the run. */
const respond = ({ events, last, run }: Queued, stream: boolean | null | undefined) =>
  Effect.gen(function*() {
    if (stream !== true || last === undefined) {
      yield* lifecycle.pursue(run, undefined, last !== undefined)
      return run
    }
    const before = events.map((event, index) => ({ ...event, id: last - events.length + 1 + index }))
    const following = yield* lifecycle.follow(run, last)
    return yield* Sse.respond(
      (emit) => Effect.zipRight(emit(before), forEachChunk(following, emit)),
      { named: true }
    )
  })

const layerWith = ({ polling: { maxWait } }: Context.Tag.Service<Settings>) =>
  HttpApiBuilder.group(api, "Runs", (handlers) =>
    Effect.gen(function*() {
      const store = yield* Store.Store
      return handlers
        .handle("listRuns", ({ path, urlParams: { after, before, limit = 20, order = "desc" } }) =>
          fromStore(Effect.gen(function*() {
            const { id } = yield* getOrFail(threads, path.thread_id, noThread)
            return yield* lifecycle.seen(id)(Effect.zipRight(
              store.transaction(activeRun(id)),
              list(runs, { parent: id, after, before, limit, order })
            ))
          })))
        .handle("createRun", ({ path, payload: { additional_messages, stream, ...request } }) =>
          fromStore(Effect.gen(function*() {
            yield* check(rules, request)
            yield* lifecycle.catchUp(path.thread_id)
            const change = Effect.gen(function*() {
              const { id } = yield* getToUpdate(threads, path.thread_id, noThread)
              const active = yield* activeRun(id)
              if (active !== undefined) {
                return yield* refused(`Thread ${id} already has an active run ${active.id}.`)
              }
              for (const message of additional_messages ?? []) {
                yield* conversations.addMessage(id, message)
              }
              const run = yield* addRun(id, request)
              return { run, events: createdEvents(run) }
            })
            const queued = yield* Effect.tapError(queue(change, stream, false), () =>
              lifecycle.seen(path.thread_id)(Effect.void))
            return yield* respond(queued, stream)
          })))
        .handle("getRun", ({ path }) =>
          fromStore(Effect.tap(lifecycle.read(path, maxWait), (run) =>
            isActive(run) ? askToPoll : Effect.void)))
        .handle("modifyRun", ({ path, payload }) =>
          fromStore(Effect.zipRight(
            lifecycle.catchUp(path.thread_id),
            store.transaction(Effect.flatMap(runOf(path, getToUpdate), (run) =>
              modifyMetadata(runs, run, payload)))
          )))
        .handle("submitToolOuputsToRun", ({ path, payload }) =>
          fromStore(Effect.gen(function*() {
            yield* lifecycle.catchUp(path.thread_id)
            const { stream } = payload
            return yield* respond(yield* queue(lifecycle.submit(path, payload), stream, true), stream)
          })))
        .handle("cancelRun", ({ path }) =>
          fromStore(Effect.gen(function*() {
            yield* lifecycle.catchUp(path.thread_id)
            const run = yield* store.transaction(lifecycle.cancel(path))
            yield* lifecycle.stop(run.thread_id)
            yield* lifecycle.pursue(run)
            return run
          })))
        .handle("createThreadAndRun", ({ payload: { stream, thread = {}, ...request } }) =>
          fromStore(Effect.gen(function*() {
            yield* check(rules, request)
            const change = Effect.gen(function*() {
              const created = yield* conversations.addThread(thread)
              const run = yield* addRun(created.id, request)
              return { run, events: createdEvents(run, created) }
            })
            return yield* respond(yield* queue(change, stream, false), stream)
          })))
    }))

export const layer = Layer.unwrapEffect(Effect.map(Settings, layerWith))
