import * as Effect from "effect/Effect"
import type * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { Tokenizer } from "../../Tokenizer.js"
import { type Message, messages, now, type Run, runs, type RunStep, type RunUsage } from "../documents.js"
import { promptTokens } from "../tokens.js"
import * as billed from "./billed.js"
import { promptOf } from "./prompt.js"
import { type Event, messageOf, stepsOf } from "./run.js"
import { RunEvents } from "./runEvents.js"
import { completionTokens, sum, usageOf } from "./usage.js"

// How a run ends, with its steps and messages.

export type End = "completed" | "failed" | "cancelled" | "expired"

const incompleteReason = {
  completed: "max_tokens",
  failed: "run_failed",
  cancelled: "run_cancelled",
  expired: "run_expired"
} as const

/** The details of an end in addition to its status. */
export interface Details {
  readonly last_error?: Model.ModelError
  readonly incomplete?: "max_completion_tokens" | "max_prompt_tokens" | undefined
}

const contentOf = (value: string): Message["content"] => [{ type: "text", text: { value, annotations: [] } }]

/** Ends a step that is in progress, with the message that it writes. */
export const endStep = (run: Run, step: RunStep, end: End, { incomplete, last_error: error }: Details) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const time = yield* now
    const tokenizer = yield* Tokenizer
    const read = promptTokens(tokenizer, yield* promptOf(run))
    const events: Array<Event> = []
    let message = yield* messageOf(step, "update")
    if (message?.status === "in_progress") {
      const isComplete = end === "completed" && incomplete === undefined
      // The document may lack the last pieces that were emitted.
      const emitted = end === "completed" ? undefined : yield* (yield* RunEvents).textOf(run, message.id)
      const content = emitted === undefined ? message.content : contentOf(emitted)
      message = isComplete
        ? { ...message, status: "completed", completed_at: time }
        : {
          ...message,
          content,
          status: "incomplete",
          incomplete_at: time,
          incomplete_details: { reason: incompleteReason[end] }
        }
      yield* store.set(messages, message)
      events.push({ event: isComplete ? "thread.message.completed" : "thread.message.incomplete", data: message })
    }
    const usage = usageOf(read, completionTokens(tokenizer, run, step, message))
    const ended = {
      ...step,
      status: end,
      [`${end}_at`]: time,
      usage,
      last_error: error === undefined
        ? null
        : { code: error.code === "invalid_prompt" ? "server_error" : error.code, message: error.message }
    }
    yield* billed.end(run, ended)
    events.push({ event: `thread.run.step.${end}`, data: ended })
    return { events, usage }
  })

/** Ends a run with its steps and messages, and returns the events: those of its steps and messages before that of the run. */
export const finish = (run: Run, end: End, details: Details = {}) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const time = yield* now
    const events: Array<Event> = []
    const usages: Array<RunUsage | null> = []
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
    const ended: Run = {
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
