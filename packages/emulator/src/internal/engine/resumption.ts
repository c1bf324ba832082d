import * as Effect from "effect/Effect"
import type * as Store from "../../Store.js"
import type { ResumeLease, Work } from "./drivers.js"
import { Engine } from "./engine.js"

// How the work on objects of one kind begins and continues in several processes.

interface Kind<A, R1, R2> {
  /** In the plural. */
  readonly name: string
  readonly workOf: (object: A) => Work
  /** The objects of a project whose work has not ended. */
  readonly unfinished: Effect.Effect<ReadonlyArray<A>, Store.StoreError, R1>
  readonly load: (id: string, parent: string) => Effect.Effect<A | undefined, Store.StoreError, R1>
  readonly isActive: (object: A) => boolean
  /** Begins the work, or continues it. */
  readonly pursue: (object: A) => Effect.Effect<void, Store.StoreError, R2>
}

export const make = <A, R1, R2>({ isActive, load, name, pursue, unfinished, workOf }: Kind<A, R1, R2>) => {
  const resumeLease: ResumeLease<Engine | R1 | R2> = (lease) =>
    Effect.gen(function*() {
      const engine = yield* Engine
      const object = yield* load(lease.id, lease.parent)
      if (object !== undefined && isActive(object)) yield* pursue(object)
      else engine.drop(lease)
    })

  return {
    /** Takes the work from the process that does it. For the transaction that begins or changes it, as its last part. */
    claim: (object: A) => Effect.flatMap(Engine, (engine) => engine.claim(workOf(object))),
    /** Continues what the previous process has left. */
    resume: Effect.gen(function*() {
      const engine = yield* Engine
      const works = (yield* unfinished).map((object) => ({ ...workOf(object), object }))
      for (const { object } of yield* engine.unclaimed(works)) yield* pursue(object)
    }).pipe(Effect.catchAllCause((cause) => Effect.logError(`${name} could not be resumed`, cause))),
    /** Continues the work that another process has left. */
    resumeLease,
    /**
     * For a request that has read an object. Where another process works on it, that one takes a step. Where none does, the
     * work continues here: the process that worked on it may be gone.
     */
    nudge: (object: A) =>
      isActive(object)
        ? Effect.flatMap(Engine, (engine) => Effect.whenEffect(pursue(object), engine.mayBegin(workOf(object))))
        : Effect.void
  }
}
