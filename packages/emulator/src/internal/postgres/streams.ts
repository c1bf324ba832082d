import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Streams } from "../../Store.js"
import type { Connections } from "./connection.js"
import { keyOf } from "./fields.js"
import type { Statement } from "./statements.js"

// The events of streams as rows. One statement writes those that are emitted together, numbers them, and announces them.

/** Events are removed when they are so old. A run takes less: it expires after ten minutes. */
const lifetime = "1 hour"

export const removeOld: Statement = {
  sql: `DELETE FROM stream_events WHERE added_at < clock_timestamp() - interval '${lifetime}'`,
  params: []
}

/** The parameters are the key of the stream, names, data, whether the events may be the first, the channel and the stream. */
const append = (check: string) =>
  `WITH last AS (
    SELECT max(sequence) AS sequence FROM stream_events WHERE stream = $1
  ), fenced AS (
    SELECT ${check}
  ), added AS (
    INSERT INTO stream_events (stream, sequence, event, data)
    SELECT $1, coalesce(last.sequence, 0) + given.number, given.event, given.data
    FROM fenced, last, unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (event, data, number)
    WHERE $4 OR last.sequence IS NOT NULL
    RETURNING sequence
  ), total AS (
    SELECT max(sequence) AS last FROM added
  )
  SELECT last, pg_notify($5, 'streams ' || last || ' ' || $6) FROM total WHERE last IS NOT NULL`

export const make = ({ execute, writeAlone }: Connections, channel: string): Streams => ({
  append: (stream, events, { begins }) =>
    Effect.map(
      writeAlone((check) => ({
        sql: append(check),
        params: [
          keyOf(stream),
          events.map(({ event }) => event),
          events.map(({ data }) => data),
          begins,
          channel,
          stream
        ]
      })),
      ([row]) => Option.fromNullable<number | undefined>(row?.last)
    ),

  read: (stream, after, limit) =>
    execute({
      sql: `SELECT sequence, event, data FROM stream_events WHERE stream = $1 AND sequence > $2
        ORDER BY sequence LIMIT $3`,
      params: [keyOf(stream), after, limit]
    })
})
