import type { ServerError } from "@effect-openai/core/Api"
import * as AssistantFiles from "@effect-openai/core/AssistantFiles"
import * as Assistants from "@effect-openai/core/Assistants"
import * as Files from "@effect-openai/core/Files"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Ids } from "../Ids.js"
import * as Store from "../Store.js"

export const assistants: Store.Collection<Assistants.Assistant> = Store.collection({
  name: "assistant",
  schema: Assistants.Assistant
})

export const assistantFiles: Store.Collection<AssistantFiles.AssistantFile> = Store.collection({
  name: "assistant.file",
  schema: AssistantFiles.AssistantFile,
  parentOf: (file) => file.assistant_id
})

export const files: Store.Collection<Files.File> = Store.collection({ name: "file", schema: Files.File })

/** The time as the API writes it. */
export const now: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, (millis) => Math.floor(millis / 1000))

export const getOrFail = <A extends Store.Document>(
  collection: Store.Collection<A>,
  id: string,
  orFail: (id: string) => ServerError
): Effect.Effect<A, ServerError | Store.StoreError, Store.Store> =>
  Effect.flatMap(Store.Store, (store) => store.get(collection, id)).pipe(
    Effect.flatMap(Option.match({ onNone: () => Effect.fail(orFail(id)), onSome: Effect.succeed }))
  )

/** An identifier that no document has. A seed gives the same ones again, also to a store that remembers them. */
export const freshId = <A extends Store.Document>(
  collection: Store.Collection<A>,
  prefix: string
): Effect.Effect<string, Store.StoreError, Store.Store | Ids> =>
  Effect.gen(function*() {
    const ids = yield* Ids
    const store = yield* Store.Store
    return yield* Effect.repeat(ids.next(prefix), {
      until: (id) => Effect.map(store.get(collection, id), Option.isNone)
    })
  })

/** A page as the API answers it. */
export const list = <A extends Store.Document>(collection: Store.Collection<A>, query: Store.Query<A>) =>
  Effect.map(Effect.flatMap(Store.Store, (store) => store.list(collection, query)), ({ data, hasMore }) => ({
    object: "list" as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data[data.length - 1]?.id ?? null,
    has_more: hasMore
  }))
