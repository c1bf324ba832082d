import type { ServerError } from "@effect-openai/core/Api"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { getOrFail, keyOf, runs } from "../documents.js"
import { noRun } from "../errors.js"
import * as EventLogs from "./eventLogs.js"
import { type Event, isActive, isLast } from "./run.js"

// The events of runs that are streamed. They can be read again from any number, by other requests than the one that began
// the stream, and in other processes where the store is theirs too. A run without a stream has none.

export type Numbered = EventLogs.Numbered

/** Which run. */
interface Key {
  readonly id: string
  readonly thread_id: string
}

export interface Service {
  /** Whether other processes have the events too. */
  readonly isShared: boolean
  /**
   * Writes events of a run in the transaction that is running. Without `begins` nothing is written where the run is not
   * streamed. The effect must follow the transaction. It returns the number of the last event; undefined where nothing was
   * written.
   */
  readonly write: (
    run: Key,
    events: ReadonlyArray<Event>,
    options?: { readonly begins: boolean }
  ) => Effect.Effect<Effect.Effect<number | undefined>, Store.StoreError>
  readonly isStreamed: (run: Key) => Effect.Effect<boolean, Store.StoreError>
  /** The first event after a number. */
  readonly next: (run: Key, after: number) => Effect.Effect<Numbered | undefined, Store.StoreError>
  /** The text of a message that was emitted. Undefined where no piece was. */
  readonly textOf: (run: Key, messageId: string) => Effect.Effect<string | undefined, Store.StoreError>
  /** The events after a number as they come, up to the one that ends a stream. */
  readonly follow: (
    run: Key,
    after: number
  ) => Effect.Effect<Stream.Stream<Numbered, ServerError | Store.StoreError, Store.Store>>
  /** Lets those who follow a run see whether it still is there. */
  readonly wake: (run: Key) => Effect.Effect<void>
}

export class RunEvents extends Context.Tag("@effect-openai/emulator/internal/RunEvents")<RunEvents, Service>() {}

/** Somebody who follows a run. */
interface Follower {
  /** The number of the last event that was read. */
  last: number
  /** Whether the run may have ended without another event. */
  isUncertain: boolean
  readonly latch: Effect.Latch
}

type Followers = Map<string, Set<Follower>>

/** Without a number the run may be gone. */
const wakeAll = (followers: Iterable<Follower> = [], last?: number): void => {
  for (const follower of followers) {
    if (last === undefined) follower.isUncertain = true
    if (last === undefined || last > follower.last) follower.latch.unsafeOpen()
  }
}

/** The text that deltas of a message add up to. */
const textIn = (events: ReadonlyArray<Event>, messageId: string): string | undefined => {
  let text: string | undefined
  for (const event of events) {
    if (event.event !== "thread.message.delta" || event.data.id !== messageId) continue
    for (const part of event.data.delta.content ?? []) {
      if (part.type === "text") text = (text ?? "") + (part.text?.value ?? "")
    }
  }
  return text
}

const make = (
  logs: EventLogs.EventLogs,
  followers: Followers,
  wake: (key: string) => Effect.Effect<void>,
  isShared: boolean
): Service => {
  const scopedKeyOf = (run: Key) => Caller.keyInProject(keyOf(run))

  const read = (run: Key, after: number, limit?: number) =>
    Effect.flatMap(scopedKeyOf(run), (key) => logs.read(key, after, limit))

  const next = (run: Key, after: number) => Effect.map(read(run, after, 1), ([event]) => event)

  const readAll = (run: Key, after = 0): Effect.Effect<ReadonlyArray<Numbered>, Store.StoreError> =>
    Effect.flatMap(read(run, after), (events) =>
      events.length === 0
        ? Effect.succeed(events)
        : Effect.map(readAll(run, events.at(-1)!.id), (rest) => [...events, ...rest]))

  const subscribe = (key: string, after: number) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const follower: Follower = { last: after, isUncertain: true, latch: Effect.unsafeMakeLatch(false) }
        const all = followers.get(key) ?? new Set()
        followers.set(key, all.add(follower))
        return follower
      }),
      (follower) =>
        Effect.sync(() => {
          const all = followers.get(key)
          if (all?.delete(follower) === true && all.size === 0) followers.delete(key)
        })
    )

  const follow = (run: Key, first: number) =>
    Effect.gen(function*() {
      const key = yield* scopedKeyOf(run)
      // The response is sent outside of the handler's fiber.
      const caller = yield* FiberRef.get(Caller.current)
      const hasEnded = getOrFail(runs, run.id, noRun, run.thread_id).pipe(
        Effect.map((one) => !isActive(one)),
        Caller.as(caller)
      )

      return Stream.unwrapScoped(Effect.map(subscribe(key, first), (follower) => {
        let isOver = false
        const take = Effect.map(Effect.suspend(() => logs.read(key, follower.last)), (events) => {
          const end = events.findIndex(isLast)
          isOver = end !== -1
          const taken = isOver ? events.slice(0, end + 1) : events
          follower.last = taken.at(-1)?.id ?? follower.last
          return taken
        })
        const next: Effect.Effect<
          ReadonlyArray<Numbered> | undefined,
          ServerError | Store.StoreError,
          Store.Store
        > = Effect.gen(function*() {
          if (isOver) return undefined
          for (;;) {
            follower.latch.unsafeClose()
            const events = yield* take
            if (events.length > 0) return events
            if (follower.isUncertain) {
              follower.isUncertain = false
              // It may have ended after the events were read.
              if (yield* hasEnded) {
                const rest = yield* take
                return rest.length > 0 ? rest : undefined
              }
            }
            yield* follower.latch.await
          }
        })
        return Stream.repeatEffectChunkOption(Effect.flatMap(Effect.mapError(next, Option.some), (events) =>
          events === undefined ? Effect.fail(Option.none()) : Effect.succeed(Chunk.unsafeFromArray(events))))
      }))
    })

  return {
    isShared,
    write: (run, events, { begins } = { begins: false }) =>
      Effect.flatMap(
        scopedKeyOf(run),
        (key) =>
          Effect.map(
            logs.append(key, events, begins),
            Effect.tap((last) =>
              Effect.sync(() => {
                if (last !== undefined) wakeAll(followers.get(key), last)
              })
            )
          )
      ),
    isStreamed: (run) => Effect.map(next(run, 0), (event) => event !== undefined),
    next,
    textOf: (run, messageId) => Effect.map(readAll(run), (events) => textIn(events, messageId)),
    follow,
    wake: (run) => Effect.flatMap(scopedKeyOf(run), wake)
  }
}

const services = new WeakMap<Store.Service, Service>()

/** Emulators that share a store in this process share the events. */
const inMemory = (store: Store.Service): Service => {
  const found = services.get(store)
  if (found !== undefined) return found
  const followers: Followers = new Map()
  const made = make(EventLogs.inMemory(), followers, (key) => Effect.sync(() => wakeAll(followers.get(key))), false)
  services.set(store, made)
  return made
}

/** The topic of the texts that say that a stream has other events, up to a number. */
const topic = "streams"

/** The number of a text that only says that a run may be gone. */
const uncertain = "-"

const inStore = (streams: Store.Streams, nodes: Store.Nodes) =>
  Effect.gen(function*() {
    const followers: Followers = new Map()
    const texts = yield* nodes.notifications(topic)
    const wakeNext = Effect.map(Queue.take(texts), (text) => {
      if (text === undefined) {
        for (const some of followers.values()) wakeAll(some)
        return
      }
      const end = text.indexOf(" ")
      const last = text.slice(0, end)
      wakeAll(followers.get(text.slice(end + 1)), last === uncertain ? undefined : Number(last))
    })
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(wakeNext)))
    return make(
      EventLogs.inStore(streams),
      followers,
      (key) => Effect.ignoreLogged(nodes.notify(topic, `${uncertain} ${key}`)),
      true
    )
  })

/** The events of the runs of the store. */
export const layer: Layer.Layer<RunEvents, never, Store.Store> = Layer.scoped(
  RunEvents,
  Effect.flatMap(Store.Store, (store) =>
    store.streams === undefined || store.nodes === undefined
      ? Effect.succeed(inMemory(store))
      : inStore(store.streams, store.nodes))
)
