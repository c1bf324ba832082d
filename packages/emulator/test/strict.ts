import type { Store } from "@effect-openai/emulator"
import { Data, Effect, FiberRef, Option } from "effect"

// A store that is as unhelpful as its contract permits, to find transactions that rely on more.

/** What a transaction has read, and with which intent. */
interface Transaction {
  /** Documents by collection, parent and identifier. */
  readonly read: Map<string, Store.Intent>
  /** Others wait until it ends. */
  hasTurn: boolean
}

const current = FiberRef.unsafeMake<Transaction | undefined>(undefined)

class Undone extends Data.TaggedError("Undone") {}

/**
 * Undoes each transaction that succeeds once, and runs it again, as a store does where transactions are in each other's way.
 * Dies where a transaction replaces or removes a document that it has read without the intent to update it.
 */
export const strict = (store: Store.Service): Store.Service => {
  const key = ({ name }: Store.Collection<any>, id: string, parent = "") => JSON.stringify([name, parent, id])

  const note = (key: string, intent: Store.Intent) =>
    Effect.map(FiberRef.get(current), (transaction) => {
      if (transaction === undefined || transaction.read.get(key) === "update") return
      transaction.read.set(key, intent)
    })

  const check = (key: string) =>
    Effect.flatMap(FiberRef.get(current), (transaction) => {
      const intent = transaction?.read.get(key)
      return transaction === undefined || transaction.hasTurn || intent === undefined || intent === "update"
        ? Effect.void
        : Effect.dieMessage(`${key} is changed, and was read to ${intent} it.`)
    })

  return {
    ...store,
    get: (collection, id, parent, intent = "read") =>
      Effect.tap(
        store.get(collection, id, parent, intent),
        (found) => Option.isSome(found) ? note(key(collection, id, parent), intent) : Effect.void
      ),
    insert: (collection, document) =>
      Effect.tap(
        store.insert(collection, document),
        () => note(key(collection, document.id, collection.parentOf(document)), "update")
      ),
    set: (collection, document) => {
      const turn = Effect.map(FiberRef.get(current), (transaction) => {
        if (transaction !== undefined && collection.name === "emulator.turn") transaction.hasTurn = true
      })
      return Effect.zipRight(
        Effect.zipRight(turn, check(key(collection, document.id, collection.parentOf(document)))),
        store.set(collection, document)
      )
    },
    remove: (collection, id, parent) =>
      Effect.zipRight(check(key(collection, id, parent)), store.remove(collection, id, parent)),
    transaction: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Store.StoreError, R> => {
      const begin = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => Effect.locally(store.transaction(effect), current, { read: new Map(), hasTurn: false }))
      return Effect.flatMap(FiberRef.get(current), (transaction) =>
        transaction !== undefined ? effect : Effect.catchIf(
          begin(Effect.flatMap(effect, () => new Undone())),
          (error): error is Undone => error instanceof Undone,
          () => begin(effect)
        ) as Effect.Effect<A, E | Store.StoreError, R>)
    }
  }
}
