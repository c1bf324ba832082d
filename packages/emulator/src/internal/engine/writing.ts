import type * as Messages from "@effect-openai/core/Messages"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Model from "../../Model.js"
import * as Store from "../../Store.js"
import { type Message, messages, type Run } from "../documents.js"
import { forEachChunk } from "../streams.js"
import { tokens } from "../tokens.js"
import { annotate } from "./annotations.js"
import { tamed } from "./prompt.js"
import type { Emit, Event } from "./run.js"
import { RunEvents } from "./runEvents.js"
import { endWith, type MessageStep, messageStep, otherMessageStep, type Stopped, whileAtWork } from "./steps.js"
import { tokensLeft } from "./usage.js"

// How a run writes its message.

type Text = Message["content"][number] & { readonly type: "text" }

type TextDelta = NonNullable<Messages.TextContentDelta["text"]>

/** How much a text grows until it is stored again. Each time all of it is written, so the cost stays proportional to it. */
const growth = 9 / 8

/**
 * Stores the text of a message. Until the text ends, the document may lack its last ninth. Of a message that is continued,
 * a part was emitted.
 */
const makeDraft = (run: Run, { emitted = "", message: first }: MessageStep, emit: Emit) =>
  Effect.map(Effect.zip(Store.Store, RunEvents), ([store, runEvents]) => {
    let value = emitted
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
    /** Saves the text, and emits events in the same transaction. */
    const saveWith = (events: ReadonlyArray<Event>) =>
      whileAtWork(run, emit, () => Effect.as(save, [undefined, events] as const))
    return {
      text: () => value,
      put,
      append: (more: string, events: ReadonlyArray<Event>): Stored =>
        Effect.suspend(() => {
          value += more
          return value.length >= stored * growth
            ? saveWith(events)
            // A piece that is written is also announced.
            : Effect.uninterruptible(Effect.flatten(emit(events)))
        }),
      flush: Effect.suspend((): Stored => value.length > stored ? saveWith([]) : Effect.void),
      /** Keeps the text where the run is stopped, or its model fails. */
      keep: Effect.suspend(() =>
        value.length === stored ? Effect.void : Effect.ignoreLogged(store.transaction(Effect.gen(function*() {
          const current = yield* store.get(messages, first.id, first.thread_id, "update")
          if (current._tag === "None" || current.value.status !== "in_progress") return
          value = (yield* runEvents.textOf(run, first.id)) ?? value
          yield* save
        })))
      )
    }
  })

type Stored = Effect.Effect<unknown, Stopped | Store.StoreError, Store.Store>

const deltaOf = ({ id }: Message, text: TextDelta): Event => ({
  event: "thread.message.delta",
  data: { id, object: "thread.message.delta", delta: { content: [{ index: 0, type: "text", text }] } }
})

/**
 * The message of a reply. Where earlier work has emitted a part of it, the same text continues there: nothing is emitted
 * twice. Another text is another message.
 */
const makeTarget = (run: Run, emit: Emit) =>
  Effect.gen(function*() {
    let target = yield* messageStep(run, emit)
    let draft = yield* makeDraft(run, target, emit)
    /** What was emitted, until it has come again. */
    let emitted = target.emitted ?? ""
    /** What of it has come again. */
    let again = ""
    let isFirst = target.emitted === undefined

    const append = (values: ReadonlyArray<string>) => {
      const events = values.map((value, index) =>
        deltaOf(target.message, { value, ...(isFirst && index === 0 ? { annotations: [] } : {}) })
      )
      isFirst = false
      return draft.append(values.join(""), events)
    }
    const beginOther = Effect.gen(function*() {
      target = yield* otherMessageStep(run, target, emit)
      draft = yield* makeDraft(run, target, emit)
      isFirst = true
      const text = again
      emitted = again = ""
      if (text !== "") yield* append([text])
    })
    return {
      message: () => target.message,
      draft: () => draft,
      append: (values: ReadonlyArray<string>) =>
        Effect.suspend(() => {
          if (emitted === "") return append(values)
          again += values.join("")
          if (emitted.startsWith(again)) return Effect.void
          if (!again.startsWith(emitted)) return beginOther
          const rest = again.slice(emitted.length)
          emitted = again = ""
          return append([rest])
        }),
      /** The reply has no further pieces. */
      end: Effect.suspend(
        (): Effect.Effect<
          unknown,
          Effect.Effect.Error<typeof beginOther>,
          Effect.Effect.Context<typeof beginOther>
        > => {
          // A message has a text, even an empty one.
          const finished = Effect.suspend(() => isFirst ? append([""]) : draft.flush)
          return again === emitted ? finished : Effect.zipRight(beginOther, finished)
        }
      )
    }
  })

/** Writes a message in pieces, and then completes the run. */
export const write = (run: Run, { ending, pieces }: Model.Text, emit: Emit) =>
  Effect.gen(function*() {
    let left = yield* tokensLeft(run)
    const target = yield* makeTarget(run, emit)
    /** The part of a piece within the limit. */
    const limited = (piece: string): string => {
      const all = tokens(piece)
      const kept = all.length > left ? all.slice(0, Math.max(left, 0)).join("") : piece
      left -= all.length
      return kept
    }
    yield* forEachChunk(pieces, (chunk) => {
      const kept = Array.from(chunk, limited).filter((piece) => piece !== "")
      return Effect.as(kept.length === 0 ? Effect.void : target.append(kept), left >= 0)
    }).pipe(
      tamed,
      Effect.onError(() => target.draft().keep)
    )
    yield* target.end
    const end = ending()
    const annotated = end.citations.length + end.files.length === 0 ? undefined : Effect.gen(function*() {
      const message = target.message()
      const value = target.draft().text()
      const { annotations, file_ids } = yield* annotate(message, value, end)
      yield* target.draft().put({ value, annotations }, file_ids)
      return annotations.length === 0 ? [] : [
        deltaOf(message, { annotations: annotations.map((annotation, index) => ({ index, ...annotation })) })
      ]
    })
    yield* endWith(
      run,
      "completed",
      emit,
      { incomplete: end.isWhole && left >= 0 ? undefined : "max_completion_tokens" },
      annotated
    )
  })
