import * as Effect from "effect/Effect"
import { type Event, isLast } from "./run.js"

// The events of streamed runs in the memory of this process, where no other one uses the store.

/** Maximum number of events of streams that have ended. */
const maxEvents = 50_000

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
  ) => Effect.Effect<Effect.Effect<number | undefined>>
  /** Some of the events after a number, in order; none where there are none. */
  readonly read: (key: string, after: number) => Effect.Effect<ReadonlyArray<Numbered>>
}

/** Keeps the latest streams: an ended one is forgotten where others need its place. */
export const make = (): EventLogs => {
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
    read: (key, after) => Effect.sync(() => logs.get(key)?.slice(after) ?? [])
  }
}
