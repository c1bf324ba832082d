import * as Effect from "effect/Effect"
import * as Monotonic from "../monotonic.js"
import * as Headers from "../response/headers.js"
import type { Response } from "../response/response.js"

/** The window that administration counts requests in, in milliseconds. */
const window = 60_000

/** The last requests of an operation. */
interface Sent {
  readonly turn: Effect.Semaphore
  times: Array<number>
}

/** How fast requests of administration are sent. */
export interface Pace {
  /** Waits in FIFO order until a request of an operation may be sent. */
  readonly admit: (operation: string) => Effect.Effect<void>
  /** Returns whether a request would have to wait. */
  readonly mustWait: (operation: string, now: number) => boolean
  /** A server that refuses a request without a time for a retry has no room for a window. */
  readonly onResponse: (operation: string, response: Response) => Effect.Effect<void>
}

/** At most `requests` of each operation in any window. */
export const make = (requests: number): Pace => {
  const operations = new Map<string, Sent>()

  const sentOf = (operation: string): Sent => {
    let sent = operations.get(operation)
    if (sent === undefined) operations.set(operation, sent = { turn: Effect.unsafeMakeSemaphore(1), times: [] })
    return sent
  }

  const left = ({ times }: Sent, now: number) => times.filter((time) => time > now - window)

  const take = (sent: Sent): Effect.Effect<void> =>
    Effect.clockWith((clock) =>
      Effect.suspend(() => {
        const now = Monotonic.now(clock)
        sent.times = left(sent, now)
        if (sent.times.length < requests) {
          sent.times.push(now)
          return Effect.void
        }
        return Effect.zipRight(Effect.sleep(sent.times[0]! + window - now), take(sent))
      })
    )

  return {
    admit: (operation) =>
      Effect.suspend(() => {
        const sent = sentOf(operation)
        return sent.turn.withPermits(1)(take(sent))
      }),
    mustWait: (operation, now) => left(sentOf(operation), now).length >= requests,
    onResponse: (operation, { headers, status }) =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          if (status !== 429 || Headers.retryAfter(headers, clock) !== undefined) return
          const now = Monotonic.now(clock)
          sentOf(operation).times = Array.from({ length: requests }, () => now)
        })
      )
  }
}
