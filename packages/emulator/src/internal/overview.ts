import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { all, assistants, files, keyOf, type Message, messages, runs, runSteps, threads } from "./documents.js"
import * as jobs from "./engine/overview.js"
import { noThread } from "./errors.js"
import { Gallery, type Piece } from "./gallery.js"

// What the page for people shows. It is read past the operations, for a run takes a step whenever they look at it.

const shown = 50
const maxTitle = 80

const titleOf = (message: Message | undefined): string =>
  (message?.content ?? []).map((part) => part.type === "text" ? part.text.value : "").join(" ").slice(0, maxTitle)

/** The latest objects of each kind. */
export const state = Effect.gen(function*() {
  const store = yield* Store.Store
  const gallery = yield* Gallery
  const generated: ReadonlyArray<Piece> = yield* gallery.latest
  const latest = <A extends Store.Document>(collection: Store.Collection<A>, limit: number, parent?: string) =>
    Effect.map(store.list(collection, { parent, order: "desc", limit }), ({ data }) => data)
  return {
    ...yield* jobs.state,
    assistants: yield* latest(assistants, shown),
    files: yield* latest(files, shown),
    generated,
    threads: yield* Effect.forEach(yield* latest(threads, shown), (thread) =>
      Effect.gen(function*() {
        const [message] = yield* latest(messages, 1, thread.id)
        const [run] = yield* latest(runs, 1, thread.id)
        return { thread, last_message: titleOf(message), run_status: run?.status ?? null }
      }))
  }
})

/** A thread with all that belongs to it. */
export const thread = (id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const found = yield* store.get(threads, id)
    if (Option.isNone(found)) return yield* noThread(id)
    const oldestFirst = <A extends Store.Document>(collection: Store.Collection<A>, parent: string) =>
      Effect.map(store.list(collection, { parent, order: "asc", limit: all }), ({ data }) => data)
    const withSteps = Effect.forEach(yield* oldestFirst(runs, id), (run) =>
      Effect.map(oldestFirst(runSteps, keyOf(run)), (steps) => ({ ...run, steps })))
    return { thread: found.value, messages: yield* oldestFirst(messages, id), runs: yield* withSteps }
  })
