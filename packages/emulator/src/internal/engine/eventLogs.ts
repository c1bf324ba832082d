import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { StoreError, type Streams } from "../../Store.js"
import { type Event, isLast } from "./run.js"

// Where the events of streamed runs are: in the store, where several processes share it, or in the memory of this one.

/** Maximum number of events of streams that have ended. */
const maxEvents = 50_000

const maxRead = 1000

/** An event with its number, which counts the events of a run from 1. */
export type Numbered = Event & { readonly id: number }

/** The events of runs by a key. */
export interface EventLogs {
  /**
   * Adds events in the transaction that is running. With `begins` they can be the first, and otherwise only follow others.
   * The effect must follow the transaction. It returns the number of the last event; undefined where nothing was added.
   */
  readonly append: (
    key: string,
    events: ReadonlyArray<Event>,
    begins: boolean
  ) => Effect.Effect<Effect.Effect<number | undefined>, StoreError>
  /** The first events after a number, in order. Empty after the last one. Default limit: 1,000. */
  readonly read: (key: string, after: number, limit?: number) => Effect.Effect<ReadonlyArray<Numbered>, StoreError>
}

/** Keeps the latest streams in memory: an ended one is forgotten where others need its place. */
export const inMemory = (): EventLogs => {
  const logs = new Map<string, Array<Numbered>>()
  let count = 0

  const forget = () => {
    for (const [key, events] of logs) {
      if (count <= maxEvents) return
      if (!isLast(events.at(-1)!)) continue
      logs.delete(key)
      count -= events.length
    }
  }

  return {
    append: (key, events, begins) =>
      Effect.succeed(Effect.sync(() => {
        let log = logs.get(key)
        if (log === undefined) {
          if (!begins) return undefined
          logs.set(key, log = [])
        }
        for (const event of events) log.push({ ...event, id: log.length + 1 })
        count += events.length
        forget()
        return log.length
      })),
    read: (key, after, limit = maxRead) => Effect.sync(() => logs.get(key)?.slice(after, after + limit) ?? [])
  }
}

/** Keeps the streams in a store. */
export const inStore = ({ append, read }: Streams): EventLogs => ({
  append: (key, events, begins) =>
    Effect.map(
      append(key, events.map(({ data, event }) => ({ event, data: JSON.stringify(data) })), { begins }),
      (last) => Effect.succeed(Option.getOrUndefined(last))
    ),
  read: (key, after, limit = maxRead) =>
    Effect.flatMap(read(key, after, limit), (events) =>
      Effect.try({
        try: () =>
          events.map(({ data, event, sequence }) => ({ id: sequence, event, data: JSON.parse(data) }) as Numbered),
        catch: (cause) => new StoreError({ message: "An event is not the JSON that was written.", cause })
      }))
})
