import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import * as Store from "../Store.js"

// A value that is changed step by step: of this process, or of all processes that use a store.

export interface Cell<A> {
  /** The value as this process knows it. Undefined where it does not know it yet. */
  readonly known: () => A | undefined
  /** The value as it is. */
  readonly get: Effect.Effect<A, Store.StoreError>
  /** Changes the value as one step. A change to the same value writes nothing. It may run more than once. */
  readonly update: <B>(change: (value: A) => readonly [B, A]) => Effect.Effect<B, Store.StoreError>
  /** Changes the value, and lets other processes know. */
  readonly updateAll: Cell<A>["update"]
}

// -----------------------------------------------------------------------------
// in this process
// -----------------------------------------------------------------------------

export const inProcess = <A>(initial: A): Cell<A> => {
  let value = initial
  const update: Cell<A>["update"] = (change) =>
    Effect.sync(() => {
      const [result, next] = change(value)
      value = next
      return result
    })
  return { known: () => value, get: Effect.sync(() => value), update, updateAll: update }
}

// -----------------------------------------------------------------------------
// in the store
// -----------------------------------------------------------------------------

/** One of those that share a value. A process may have several. */
interface Member {
  readonly id: string
  readonly node: string
}

/** The value, and those that have joined in it. */
interface Joint<A> {
  readonly members: ReadonlyArray<Member>
  readonly value: A
}

interface Known<A> {
  readonly version: number
  readonly joint: Joint<A>
}

/**
 * The value that all processes share under a name, as JSON. It begins with `initial` where no other shares it: all others have
 * closed, or their processes are dead. Undefined where each process has its own.
 */
export const inStore = <A>(
  { nodes, shared }: Store.Service,
  name: string,
  initial: A
): Effect.Effect<Cell<A>, never, Scope.Scope> | undefined => {
  if (nodes === undefined || shared === undefined) return undefined
  const own: Member = { id: randomUUID(), node: nodes.id }
  let known: Known<A> | undefined
  const lock = Effect.unsafeMakeSemaphore(1)

  const parse = (text: string): Effect.Effect<Joint<A>, Store.StoreError> =>
    Effect.try({
      try: () => JSON.parse(text),
      catch: (cause) => new Store.StoreError({ message: `The shared state ${name} is not JSON.`, cause })
    })

  /** Returns whether no other process came before. */
  const write = (version: number, joint: Joint<A>) =>
    Effect.tap(shared.write(name, JSON.stringify(joint), version), (isWritten) => {
      known = isWritten ? { version: version + 1, joint } : undefined
    })

  const isOwn = ({ id }: Member) => id === own.id

  const find = Effect.gen(function*() {
    const { living, text, version } = yield* shared.read(name)
    return { joint: text === undefined ? undefined : yield* parse(text), living, version }
  })

  /** Reads the value, and joins in it where this one has not. */
  const read: Effect.Effect<Known<A>, Store.StoreError> = Effect.flatMap(find, ({ joint, living, version }) => {
    if (joint?.members.some(isOwn)) return Effect.succeed(known = { version, joint })
    const others = joint?.members.filter(({ node }) => living.includes(node)) ?? []
    const value = joint === undefined || others.length === 0 ? initial : joint.value
    return Effect.flatMap(
      write(version, { members: [...others, own], value }),
      () => known === undefined ? read : Effect.succeed(known)
    )
  })

  const leave: Effect.Effect<void, Store.StoreError> = Effect.flatMap(
    find,
    ({ joint, version }) =>
      joint === undefined || !joint.members.some(isOwn) ? Effect.void : Effect.flatMap(
        write(version, { ...joint, members: joint.members.filter((member) => !isOwn(member)) }),
        (isWritten) => isWritten ? Effect.void : leave
      )
  )

  const latest = Effect.suspend(() => known === undefined ? read : Effect.succeed(known))

  const step = <B>(change: (value: A) => readonly [B, A]): Effect.Effect<B, Store.StoreError> =>
    Effect.flatMap(latest, ({ joint, version }) => {
      const [result, value] = change(joint.value)
      if (value === joint.value) return Effect.succeed(result)
      return Effect.flatMap(
        write(version, { ...joint, value }),
        (isWritten) => isWritten ? Effect.succeed(result) : step(change)
      )
    })

  const update: Cell<A>["update"] = (change) => lock.withPermits(1)(step(change))

  const refresh = lock.withPermits(1)(read)

  const cell: Cell<A> = {
    known: () => known?.joint.value,
    get: Effect.map(refresh, ({ joint }) => joint.value),
    update,
    updateAll: (change) => Effect.tap(update(change), () => nodes.notify(name, own.id))
  }

  return Effect.gen(function*() {
    const changes = yield* nodes.notifications(name)
    const follow = Effect.catchAll(
      refresh,
      (error) => Effect.logWarning(`The shared state ${name} can't be read`, error)
    )
    yield* follow
    yield* Effect.addFinalizer(() => Effect.ignore(leave))
    yield* Effect.forkScoped(Effect.forever(Effect.flatMap(
      Queue.take(changes),
      (from) => from === own.id ? Effect.void : follow
    )))
    return cell
  })
}
