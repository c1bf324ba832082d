import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { now } from "../documents.js"

// Who created what the emulator works on. Its usage is the creator's, also after a restart, and where a
// request of another caller takes its next step.

interface Creator extends Store.Document {
  readonly created_at: number
  readonly owner: Caller.Owner | null
  readonly api_key_id: string | null
}

const creators = Store.collection<Creator>({ name: "creator" })

/** Keeps the current caller as the creator of an object. Must run in the transaction that creates the object. */
export const keep = (id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const caller = yield* FiberRef.get(Caller.current)
    if (caller === undefined) return
    const { api_key_id, owner = null } = caller
    yield* store.set(creators, { id, created_at: yield* now, owner, api_key_id })
  })

/** Forgets the creator of an object. Must run in the transaction that deletes the object. */
export const remove = (id: string) => Effect.flatMap(Store.Store, (store) => store.remove(creators, id))

/** Runs an effect as its creator's. Where the creator is not known, it stays the current caller's. */
export const as = (id: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const caller = yield* FiberRef.get(Caller.current)
    const creator = caller === undefined ? undefined : Option.getOrUndefined(yield* store.get(creators, id))
    if (caller === undefined || creator === undefined) return yield* effect
    const { api_key_id, owner } = creator
    return yield* Caller.as({ ...caller, owner: owner ?? undefined, api_key_id })(effect)
  })
