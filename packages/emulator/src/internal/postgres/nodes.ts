import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import type { Connections } from "./connection.js"

// The processes that use the database: a row each, which says when it was last seen.

/** How often a process says that it is alive, and compares its clock with the database's. */
const heartbeat = Duration.seconds(2)

/** How often it removes what dead processes left behind, in heartbeats. */
const cleaning = 1800

const seen = `INSERT INTO nodes (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()
  RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS time`

const gone = `WITH gone AS (DELETE FROM nodes WHERE id = $1) UPDATE leases SET owner = '' WHERE owner = $1`

const removeDead = `DELETE FROM nodes WHERE seen_at < clock_timestamp() - interval '1 day'
  AND NOT EXISTS (SELECT FROM leases WHERE owner = nodes.id)`

/** Sets a clock by the time of the database, which was asked for between two times of the process. */
type SetClock = (database: number, before: number, after: number) => void

/** Lets the database see this process as long as the scope is open. */
export const make = ({ execute }: Connections, setClock: SetClock) => {
  const id = randomUUID()
  let seenAt = -Infinity

  const renew = Effect.gen(function*() {
    const before = Date.now()
    const startedAt = performance.now()
    const [row] = yield* execute({ sql: seen, params: [id] })
    setClock(row.time, before, Date.now())
    seenAt = startedAt
  })

  return {
    id,
    renew,
    sinceSeen: Effect.sync(() => performance.now() - seenAt),
    /** `clean` removes what other processes left behind. */
    live: (clean: Effect.Effect<unknown, unknown>) =>
      Effect.gen(function*() {
        const cleanAll = Effect.zipRight(clean, execute({ sql: removeDead, params: [] }))
        yield* Effect.zipRight(renew, cleanAll)
        yield* Effect.addFinalizer(() => Effect.ignore(execute({ sql: gone, params: [id] })))
        yield* Effect.iterate(1, {
          while: () => true,
          body: (beats) =>
            Effect.sleep(heartbeat).pipe(
              Effect.zipRight(beats % cleaning === 0 ? Effect.zipRight(renew, cleanAll) : renew),
              Effect.catchAll((error) => Effect.logWarning("The database does not respond", error)),
              Effect.as(beats + 1)
            )
        }).pipe(
          // In real time, whatever the clock of the emulator.
          Effect.withClock(Clock.make()),
          Effect.forkScoped
        )
      })
  }
}
