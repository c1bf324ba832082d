import type * as Messages from "@effect-openai/core/Messages"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { Tokenizer } from "../../Tokenizer.js"
import { type Message, messages, type Run } from "../documents.js"
import { forEachChunk } from "../streams.js"
import { cutter } from "../tokens.js"
import { annotate } from "./annotations.js"
import { tamed } from "./prompt.js"
import { type Emit, emitAll, type Event } from "./run.js"
import { emitStep, endWith, messageStep, type Stopped, whileAtWork } from "./steps.js"
import { tokensLeft } from "./usage.js"

// How a run writes its message.

type Text = Message["content"][number] & { readonly type: "text" }

type TextDelta = NonNullable<Messages.TextContentDelta["text"]>

/** How much a text grows until it is stored again. Each time all of it is written, so the cost stays proportional to it. */
const growth = 9 / 8

type Stored = Effect.Effect<void, Stopped | Store.StoreError, Store.Store>

/** Stores the text of a message. Until the text ends, the document may lack its last ninth. */
const makeDraft = (run: Run, first: Message) =>
  Effect.map(Store.Store, (store) => {
    let value = ""
    let stored = 0
    const put = (text: Text["text"], file_ids = first.file_ids) =>
      Effect.flatMap(
        store.get(messages, first.id, first.thread_id, "update"),
        // Its metadata may have changed.
        (message) =>
          store.set(messages, {
            ...Option.getOrElse(message, () => first),
            file_ids,
            content: [{ type: "text", text }]
          })
      )
    const save = Effect.suspend(() => {
      stored = value.length
      return put({ value, annotations: [] })
    })
    return {
      text: () => value,
      put,
      append: (more: string): Stored =>
        Effect.suspend(() => {
          value += more
          return value.length >= stored * growth ? whileAtWork(run, () => save) : Effect.void
        }),
      flush: Effect.suspend((): Stored => value.length > stored ? whileAtWork(run, () => save) : Effect.void),
      /** Keeps the text where the run is stopped, or its model fails. */
      keep: Effect.suspend(() =>
        value.length === stored ? Effect.void : Effect.ignoreLogged(store.transaction(Effect.gen(function*() {
          const current = yield* store.get(messages, first.id, first.thread_id, "update")
          if (current._tag === "Some" && current.value.status === "in_progress") yield* save
        })))
      )
    }
  })

/** Writes a message in pieces, and then completes the run. */
export const write = (run: Run, { ending, pieces }: Model.Text, emit: Emit) =>
  Effect.gen(function*() {
    const limit = cutter(yield* Tokenizer, run.model, yield* tokensLeft(run))
    const [step, first] = yield* messageStep(run)
    yield* emitStep(step, emit)
    yield* emit({ event: "thread.message.created", data: first })
    yield* emit({ event: "thread.message.in_progress", data: first })

    const draft = yield* makeDraft(run, first)
    const deltaOf = (text: TextDelta): Event => ({
      event: "thread.message.delta",
      data: { id: first.id, object: "thread.message.delta", delta: { content: [{ index: 0, type: "text", text }] } }
    })
    let isFirst = true
    const gain = (values: ReadonlyArray<string>) => {
      const events = values.map((value, index) =>
        deltaOf({ value, ...(isFirst && index === 0 ? { annotations: [] } : {}) })
      )
      isFirst = false
      return Effect.zipRight(draft.append(values.join("")), emitAll(events, emit))
    }
    yield* forEachChunk(pieces, (chunk) => {
      const kept = Array.from(chunk, limit.take).filter((piece) => piece !== "")
      return Effect.as(kept.length === 0 ? Effect.void : gain(kept), !limit.isCut())
    }).pipe(
      tamed,
      Effect.onError(() => draft.keep)
    )
    // A message has a text, even an empty one.
    if (isFirst) yield* gain([""])
    else yield* draft.flush
    const end = ending()
    if (end.citations.length + end.files.length > 0) {
      const annotations = yield* whileAtWork(run, () =>
        Effect.gen(function*() {
          const value = draft.text()
          const { annotations, file_ids } = yield* annotate(first, value, end)
          yield* draft.put({ value, annotations }, file_ids)
          return annotations
        }))
      if (annotations.length > 0) {
        yield* emit(deltaOf({ annotations: annotations.map((annotation, index) => ({ index, ...annotation })) }))
      }
    }
    yield* endWith(run, "completed", emit, {
      incomplete: end.isWhole && !limit.isCut() ? undefined : "max_completion_tokens"
    })
  })
