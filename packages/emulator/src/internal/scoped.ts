import * as Effect from "effect/Effect"
import type { Collection, Document, Service } from "../Store.js"
import * as Caller from "./caller.js"
import * as idempotency from "./idempotency.js"
import * as Time from "./time.js"

// The one place that gives each project its own documents. Handlers name collections, and never a project: what another
// project made is not there for them. The documents of the default project have no scope. A store that was written before
// there were projects therefore belongs to the default project.

const inScope = <A extends Document>(collection: Collection<A>, caller: Caller.Caller | undefined): Collection<A> =>
  caller === undefined || caller.scope === ""
    ? collection
    : { ...collection, name: `${collection.name}@${caller.scope}` }

interface Scoped {
  readonly view: Service
  readonly time: Time.Time
}

const known = new WeakMap<Service, Scoped>()

const scopedOf = (store: Service): Scoped => {
  const found = known.get(store)
  if (found !== undefined) return found
  const own = <A extends Document, B, E>(
    collection: Collection<A>,
    use: (collection: Collection<A>) => Effect.Effect<B, E>
  ): Effect.Effect<B, E> =>
    collection.isShared
      ? use(collection)
      : Effect.withFiberRuntime((fiber) => use(inScope(collection, fiber.getFiberRef(Caller.current))))
  const time = Time.make(store)
  const view: Service = {
    ...store,
    transaction: idempotency.transaction({ ...store, transaction: time.keep }),
    get: (collection, id, parent, intent) => own(collection, (one) => store.get(one, id, parent, intent)),
    insert: (collection, document) => own(collection, (one) => store.insert(one, document)),
    set: (collection, document) => own(collection, (one) => store.set(one, document)),
    remove: (collection, id, parent) => own(collection, (one) => store.remove(one, id, parent)),
    list: (collection, query) => own(collection, (one) => store.list(one, query)),
    find: (collection, where) => own(collection, (one) => store.find(one, where)),
    aggregate: (collection, aggregate) => own(collection, (one) => store.aggregate(one, aggregate))
  }
  const made = { view, time }
  known.set(store, made)
  known.set(view, made)
  return made
}

/** The store as the current caller's project sees it. The same store has the same view. */
export const scoped = (store: Service): Service => scopedOf(store).view

/** The time of a store, or of its view. */
export const timeOf = (store: Service): Time.Time => scopedOf(store).time
