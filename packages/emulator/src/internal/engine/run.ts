import type * as AssistantStream from "@effect-openai/core/AssistantStream"
import type * as RunSteps from "@effect-openai/core/RunSteps"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../../Store.js"
import { all, keyOf, type Message, messages, type Run, type RunStep, runSteps } from "../documents.js"
import type { Work } from "./drivers.js"

// The parts of a run, and its events.

export type Event = AssistantStream.AssistantStreamEvent

/**
 * Writes events in the transaction of the change that they report. The effect that it returns announces them, and must follow
 * the transaction.
 */
export type Emit = (events: ReadonlyArray<Event>) => Effect.Effect<Effect.Effect<unknown>, Store.StoreError>

export const silent: Emit = () => Effect.succeed(Effect.void)

/** A change, and the events that report it. */
export type Reported<A> = readonly [result: A, events: ReadonlyArray<Event>]

/** Makes a change in one transaction with its events, and then announces them. */
export const report = <A, E, R>(emit: Emit, change: Effect.Effect<Reported<A>, E, R>) =>
  Effect.flatMap(Store.Store, (store) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        restore(store.transaction(Effect.flatMap(
          change,
          ([result, events]) =>
            events.length === 0
              ? Effect.succeed([result, Effect.void] as const)
              : Effect.map(emit(events), (announce) => [result, announce] as const)
        ))),
        ([result, announce]) => Effect.as(announce, result)
      )
    ))

/** Whether a stream ends with this event: the run has ended, or its caller must act. */
export const isLast = ({ event }: { readonly event: string }): boolean => lasts.has(event)

const lasts = new Set(
  ["requires_action", "completed", "failed", "cancelled", "expired", "incomplete"].map((status) =>
    `thread.run.${status}`
  )
)

type Status = "queued" | "in_progress" | "requires_action" | "cancelling"

export const active: ReadonlyArray<Status> = ["queued", "in_progress", "requires_action", "cancelling"]

export const isActive = ({ status }: Run): boolean => active.some((one) => one === status)

export interface Path {
  readonly thread_id: string
  readonly run_id: string
}

/** The key of the work on a thread's run. */
export const keyOfWork = (threadId: string): string => `run/${threadId}`

/** The work on a run. */
export const workOf = ({ id, thread_id }: Run): Work => ({
  key: keyOfWork(thread_id),
  kind: "run",
  id,
  parent: thread_id
})

export const stepsOf = (run: Run) =>
  Effect.flatMap(
    Store.Store,
    (store) => Effect.map(store.list(runSteps, { parent: keyOf(run), order: "asc", limit: all }), ({ data }) => data)
  )

export const textOf = ({ content }: Message): string =>
  content.map((part) => part.type === "text" ? part.text.value : "").join("\n")

/** The message that a step writes. */
export const messageOf = ({ step_details: details, thread_id }: RunStep, intent?: Store.Intent) =>
  Effect.gen(function*() {
    if (details.type !== "message_creation") return undefined
    const store = yield* Store.Store
    const { message_id } = details.message_creation as RunSteps.MessageCreation["message_creation"]
    return Option.getOrUndefined(yield* store.get(messages, message_id, thread_id, intent))
  })
