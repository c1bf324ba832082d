import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Caller from "../caller.js"
import { freshId, insert, now } from "../documents.js"
import { fromStore } from "../errors.js"
import * as Documents from "./documents.js"

// The one place where billable calls write what they used. Usage and costs are computed from these rows.

/** What was used, of what. */
export interface Usage extends Documents.UsageNumbers {
  readonly kind: Documents.UsageKind
  readonly model: string | null
  readonly size?: string | null
  readonly source?: string | null
}

const write = (caller: Caller.Caller, usage: Usage) =>
  Effect.gen(function*() {
    const { api_key_id, batch, owner, project_id } = caller
    const created_at = yield* now
    yield* insert(Documents.usageRows, freshId("usage_"), (id) => ({
      size: null,
      source: null,
      ...usage,
      id,
      created_at,
      project_id,
      user_id: owner?.type === "user" ? owner.id : null,
      api_key_id,
      batch
    }))
  })

/** Writes what the current caller's work used. In a transaction, the row is a part of it. */
export const record = (usage: Usage) =>
  Effect.flatMap(
    FiberRef.get(Caller.current),
    (caller) => caller === undefined ? Effect.void : write(caller, usage)
  )

/** The same where it is the last act of a response. */
export const bill = (usage: Usage) => fromStore(record(usage))

/**
 * Runs the rest of a response whose status is sent already, and writes what it has used when it ends, also where the
 * caller leaves. A streamed response runs outside of the fiber of its request, so the caller is taken before.
 */
export const whenEnded = Effect.map(
  FiberRef.get(Caller.current),
  (caller) => (usage: () => Usage) => <A, E, R>(response: Effect.Effect<A, E, R>) =>
    Effect.ensuring(
      response,
      Effect.suspend(() => caller === undefined ? Effect.void : Effect.ignoreLogged(write(caller, usage())))
    )
)
