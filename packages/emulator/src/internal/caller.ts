import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

/** Who owns a key. */
export interface Owner {
  readonly type: "user" | "service_account"
  readonly id: string
}

/** Who sent a request, and the project that the request works in. */
export interface Caller {
  readonly project_id: string
  /** The scope of the project's documents: see `scoped`. */
  readonly scope: string
  /** Unknown where the emulator continues work of an earlier process. */
  readonly owner: Owner | undefined
  /** Of a key that is listed. Where any key is accepted, null. */
  readonly api_key_id: string | null
  /** Whether the request is one of a batch. */
  readonly batch: boolean
}

/** The caller of the request that a fiber handles. Undefined for work of the emulator itself. */
export const current: FiberRef.FiberRef<Caller | undefined> = FiberRef.unsafeMake<Caller | undefined>(undefined)

/** A key that no other project has: others can have objects of the same identifiers. */
export const keyInProject = (key: string): Effect.Effect<string> =>
  Effect.map(FiberRef.get(current), (caller) => `${caller?.scope ?? ""}/${key}`)

/** Runs an effect as work for a caller, in the caller's project. */
export const as = (caller: Caller | undefined) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.locally(effect, current, caller)
