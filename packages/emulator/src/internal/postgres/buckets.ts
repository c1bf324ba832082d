import * as Effect from "effect/Effect"
import type { Amount, SharedState } from "../../SharedState.js"
import type { StoreError } from "../../Store.js"
import { precision, takeOf } from "../buckets.js"
import type { Connections } from "./connection.js"
import { keyOf } from "./fields.js"

// Limits that fill evenly. Those of a name are one row, so that one statement takes of all of them, and its lock makes the
// takings of all processes one after the other.

/** The time in milliseconds: the one that is given, or the database's. */
const now = "coalesce($8::float8, extract(epoch FROM clock_timestamp()) * 1000)"

/**
 * A name that has no row is full, so what is left of it is known before. The clock of the database can be set back. Clocks
 * of processes differ, and must not fill a limit twice.
 */
const take = `INSERT INTO buckets AS kept (name, kinds, limits, periods, levels, is_taken, time)
  VALUES ($1, $2::text[], $3::float8[], $4::float8[], $6::float8[], $7, ${now})
  ON CONFLICT (name) DO UPDATE SET (kinds, limits, periods, levels, is_taken, time, used_at) = (
    SELECT excluded.kinds, excluded.limits, excluded.periods,
      array_agg(CASE WHEN fits THEN greatest(0, level - amount) ELSE level END ORDER BY place), fits,
      CASE WHEN $8::float8 IS NULL THEN now ELSE greatest(now, kept.time) END, clock_timestamp()
    FROM (
      SELECT place, amount, level, now,
        bool_and(NOT is_enforced OR amount - level < ${precision}) OVER () AS fits
      FROM (
        SELECT wanted.place, wanted.amount, wanted.is_enforced, now, CASE
          WHEN had.limits = wanted.limits
            THEN least(had.limits, had.level + had.limits * greatest(0, now - kept.time) / wanted.period)
          ELSE wanted.limits
        END AS level
        FROM (SELECT ${now} AS now) AS clock
        CROSS JOIN unnest(excluded.kinds, excluded.limits, excluded.periods, $5::float8[], $9::boolean[])
          WITH ORDINALITY AS wanted (kind, limits, period, amount, is_enforced, place)
        LEFT JOIN unnest(kept.kinds, kept.limits, kept.levels) AS had (kind, limits, level) ON had.kind = wanted.kind
      ) AS filled
    ) AS judged
    GROUP BY fits, now
  )
  RETURNING levels, is_taken, xmax = 0 AS is_new`

/** How many names a process adds before it removes those that are full again. */
const addedBetween = 100

/** A row whose limits are full is as none. A clock of a process may be slower than the database's. */
const removeFull = `DELETE FROM buckets WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM buckets
    WHERE used_at < clock_timestamp() - interval '10 seconds' - interval '1 millisecond' * (
      SELECT coalesce(max((size - level) * period / nullif(size, 0)), 0)
      FROM unnest(limits, levels, periods) AS one (size, level, period)
    )
    FOR UPDATE SKIP LOCKED
  ))`

export const make = ({ execute }: Connections): Pick<SharedState, "take"> => {
  let added = 0

  const clean: Effect.Effect<void, StoreError> = Effect.suspend(() => {
    if (++added < addedBetween) return Effect.void
    added = 0
    return Effect.asVoid(execute({ sql: removeFull, params: [] }))
  })

  return {
    take: (name: string, amounts: ReadonlyArray<Amount>, time) =>
      Effect.gen(function*() {
        const limits = amounts.map(({ limit }) => limit)
        const full = takeOf(amounts, limits)
        const [row] = yield* execute({
          sql: take,
          params: [
            keyOf(name),
            amounts.map(({ kind }) => kind),
            limits,
            amounts.map(({ period }) => period),
            amounts.map(({ amount }) => amount),
            amounts.map(({ kind }) => full.left[kind]),
            full.isTaken,
            time ?? null,
            amounts.map(({ isEnforced }) => isEnforced)
          ]
        })
        if (row["is_new"] === true) yield* clean
        const left = Object.fromEntries(amounts.map(({ kind }, index) => [kind, row["levels"][index]]))
        return { isTaken: row["is_taken"], left }
      })
  }
}
