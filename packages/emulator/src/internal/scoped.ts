import * as Effect from "effect/Effect"
import type { Collection, Document, Service } from "../Store.js"
import * as Caller from "./caller.js"
import { noting } from "./idempotency.js"
import * as Time from "./time.js"

// The one place that gives each project its own documents. Handlers name collections, and never a project: what another
// project made is not there for them. The documents of the default project have no scope. A store that was written before
// there were projects therefore belongs to the default project.

const inScope = <A extends Document>(collection: Collection<A>, caller: Caller.Caller | undefined): Collection<A> =>
  collection.isShared || caller === undefined || caller.scope === ""
    ? collection
    : { ...collection, name: `${collection.name}@${caller.scope}` }

const known = new WeakMap<Service, Service>()

const times = new WeakMap<Service, Time.Time>()

/** The time of a store, by its view. */
export const timeOf = (view: Service): Time.Time => times.get(view)!

/** The store as the current caller's project sees it. The same store has the same view. */
export const scoped = (store: Service): Service => {
  const found = known.get(store)
  if (found !== undefined) return found
  const own = <A extends Document, B, E>(
    collection: Collection<A>,
    use: (collection: Collection<A>) => Effect.Effect<B, E>
  ): Effect.Effect<B, E> =>
    Effect.withFiberRuntime((fiber) => use(inScope(collection, fiber.getFiberRef(Caller.current))))
  const time = Time.make(store)
  const view: Service = {
    ...store,
    transaction: (effect) => time.keep(noting(store)(effect)),
    get: (collection, id, parent) => own(collection, (one) => store.get(one, id, parent)),
    set: (collection, document) => own(collection, (one) => store.set(one, document)),
    remove: (collection, id, parent) => own(collection, (one) => store.remove(one, id, parent)),
    list: (collection, query) => own(collection, (one) => store.list(one, query)),
    find: (collection, where) => own(collection, (one) => store.find(one, where)),
    aggregate: (collection, aggregate) => own(collection, (one) => store.aggregate(one, aggregate))
  }
  known.set(store, view)
  known.set(view, view)
  times.set(view, time)
  return view
}
