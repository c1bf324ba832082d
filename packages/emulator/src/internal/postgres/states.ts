import * as Effect from "effect/Effect"
import type { SharedState } from "../../SharedState.js"
import type { Connections } from "./connection.js"
import { leaseTime } from "./leases.js"

// State that processes replace. Which of two comes first is known by the version.

const read = `SELECT
    coalesce(states.version, 0) AS version,
    states.text,
    ARRAY(
      SELECT id FROM nodes WHERE seen_at > clock_timestamp() - interval '${leaseTime} milliseconds'
    ) AS living
  FROM (SELECT $1::text AS name) AS wanted LEFT JOIN states USING (name)`

const insert = "INSERT INTO states (name, text) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING version"

const update = "UPDATE states SET text = $2, version = version + 1 WHERE name = $1 AND version = $3 RETURNING version"

export const make = ({ execute }: Connections): Pick<SharedState, "read" | "write"> => ({
  read: (name) =>
    Effect.map(execute({ sql: read, params: [name] }), ([row]) => ({
      version: row.version,
      text: row.text ?? undefined,
      living: row.living
    })),
  write: (name, text, version) =>
    Effect.map(
      execute(version === 0 ? { sql: insert, params: [name, text] } : { sql: update, params: [name, text, version] }),
      ([row]) => row !== undefined
    )
})
