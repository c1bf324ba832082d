import * as Effect from "effect/Effect"
import type { SharedState } from "../../SharedState.js"
import type { Connections } from "./connection.js"
import type { Statement } from "./statements.js"

// Logs of what happened last, on all processes.

const append = `WITH added AS (
    INSERT INTO entries (log, node, text)
    SELECT $1, $2, text FROM unnest($3::text[]) WITH ORDINALITY AS given (text, place) ORDER BY place
    RETURNING sequence
  )
  SELECT min(sequence)::float8 AS first, max(sequence)::float8 AS last FROM added`

/** Another process may remove the same entries at the same time. */
const trim = `DELETE FROM entries WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM entries WHERE log = $1 AND sequence < (
      SELECT min(sequence) FROM (
        SELECT sequence FROM entries WHERE log = $1 ORDER BY sequence DESC LIMIT $2
      ) AS latest
    ) FOR UPDATE SKIP LOCKED
  ))`

const columns = "sequence::float8 AS sequence, node, text"

const latest = `SELECT * FROM (
    SELECT ${columns} FROM entries WHERE log = $1 ORDER BY entries.sequence DESC LIMIT $2
  ) AS latest ORDER BY sequence`

const between = `SELECT ${columns} FROM entries
  WHERE log = $1 AND node = $2 AND entries.sequence BETWEEN $3 AND $4 ORDER BY entries.sequence`

export const make = (
  { execute }: Connections,
  node: string
): Pick<SharedState, "append" | "entries" | "trim"> => ({
  append: (log, texts) =>
    Effect.map(execute({ sql: append, params: [log, node, texts] }), ([row]) => ({ first: row.first, last: row.last })),
  entries: (log, query) => {
    const statement: Statement = "latest" in query
      ? { sql: latest, params: [log, query.latest] }
      : { sql: between, params: [log, query.node, query.first, query.last] }
    return Effect.map(execute(statement), (rows) => rows.map(({ node, sequence, text }) => ({ node, sequence, text })))
  },
  trim: (log, kept) => Effect.asVoid(execute({ sql: trim, params: [log, kept] }))
})
