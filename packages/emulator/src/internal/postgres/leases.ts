import * as Effect from "effect/Effect"
import type { Lease, Nodes, Work } from "../../Store.js"
import type { Rows } from "../sql.js"
import type { Connections } from "./connection.js"
import { keyOf } from "./fields.js"

// Which process does which work. A lease names its owner, and lasts as long as the owner is seen: a process renews all of
// its leases with the one row that says that it lives.

/** How long a process keeps its leases after it was last seen, in milliseconds. */
export const leaseTime = 6000

const isSeen = `nodes.seen_at > clock_timestamp() - interval '${leaseTime} milliseconds'`

/** Whether the owner of a lease lives. */
const isLiving = `EXISTS (SELECT FROM nodes WHERE nodes.id = leases.owner AND ${isSeen})`

const columns = "leases.key, leases.kind, leases.id, leases.parent, leases.project, leases.token, leases.acquired"

const leaseOf = ({ acquired, id, key, kind, parent, project, token }: Rows[number]): Lease => ({
  key,
  kind,
  id,
  parent,
  project,
  token: Number(token),
  acquired
})

/** The parameters are the columns of the work, this process, whether to force, and the channel. */
const acquire = `WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
      AS wanted (key, kind, id, parent, project)
  ), before AS (
    SELECT key FROM leases JOIN wanted USING (key) WHERE owner = $6
  ), taken AS (
    INSERT INTO leases (key, kind, id, parent, project, owner, token)
    SELECT key, kind, id, parent, project, $6, nextval('lease_tokens') FROM wanted
    WHERE $7 OR NOT EXISTS (SELECT FROM leases WHERE leases.key = wanted.key AND owner <> $6 AND ${isLiving})
    ORDER BY key
    ON CONFLICT (key) DO UPDATE SET
      kind = excluded.kind, id = excluded.id, parent = excluded.parent, project = excluded.project,
      owner = excluded.owner,
      token = CASE WHEN leases.owner = excluded.owner THEN leases.token ELSE excluded.token END,
      acquired = leases.acquired + 1
    WHERE $7 OR leases.owner = excluded.owner OR NOT ${isLiving}
    RETURNING ${columns}
  )
  SELECT leases.*, CASE WHEN leases.acquired > 1 AND NOT EXISTS (SELECT FROM before WHERE before.key = leases.key)
    THEN pg_notify($8, 'lease ' || leases.token || ' ' || leases.key) END
  FROM taken AS leases`

const takeOver = `WITH left_over AS (
    SELECT key FROM leases
    WHERE key = ANY (ARRAY(
      SELECT leases.key FROM leases WHERE owner = '' UNION ALL
      SELECT leases.key FROM nodes JOIN leases ON leases.owner = nodes.id
      WHERE NOT ${isSeen}
      LIMIT $2
    ))
    FOR UPDATE SKIP LOCKED
  )
  UPDATE leases SET owner = $1, token = nextval('lease_tokens'), acquired = leases.acquired + 1
  FROM left_over WHERE leases.key = left_over.key AND NOT ${isLiving}
  RETURNING ${columns}`

const ask = `SELECT pg_notify($3, $4::text || ' ' || key) FROM leases WHERE key = $1 AND owner <> $2 AND ${isLiving}`

/** Those of a list that were not taken again. */
const listed = `FROM unnest($1::text[], $2::bigint[], $3::integer[]) AS listed (key, token, acquired)
  WHERE leases.key = listed.key AND leases.token = listed.token AND leases.acquired = listed.acquired`

const release = `DELETE FROM leases ${listed.replace("FROM", "USING")}`

const leave = `WITH mine AS (UPDATE leases SET owner = '' ${listed} RETURNING leases.key)
  SELECT pg_notify($4, 'left ' || key) FROM mine`

const paramsOf = (leases: ReadonlyArray<Lease>) => [
  leases.map(({ key }) => key),
  leases.map(({ token }) => token),
  leases.map(({ acquired }) => acquired)
]

export const make = (
  { execute, fence }: Connections,
  { execute: executeAlone }: Connections,
  id: string,
  channel: string
): Omit<Nodes, "notifications" | "notify" | "renew" | "sinceSeen"> => ({
  id,
  leaseTime,

  acquire: (work, { force }) =>
    work.length === 0 ? Effect.succeed([]) : Effect.map(
      execute({
        sql: acquire,
        params: [
          work.map(({ key }) => keyOf(key)),
          ...(["kind", "id", "parent", "project"] as const).map((name: keyof Work) => work.map((one) => one[name])),
          id,
          force,
          channel
        ]
      }),
      (rows) => rows.map(leaseOf)
    ),

  takeOver: (limit) => Effect.map(executeAlone({ sql: takeOver, params: [id, limit] }), (rows) => rows.map(leaseOf)),

  held: (keys) =>
    Effect.map(
      executeAlone({
        sql: `SELECT ${columns} FROM leases WHERE owner = $1 AND ($2::text[] IS NULL OR key = ANY ($2))`,
        params: [id, keys?.map(keyOf) ?? null]
      }),
      (rows) => rows.map(leaseOf)
    ),

  hasOthers: Effect.map(
    executeAlone({ sql: `SELECT FROM nodes WHERE id <> $1 AND ${isSeen} LIMIT 1`, params: [id] }),
    (rows) => rows.length > 0
  ),

  ask: (topic, key) =>
    Effect.map(execute({ sql: ask, params: [keyOf(key), id, channel, topic] }), (rows) => rows.length > 0),

  release: (leases) =>
    leases.length === 0 ? Effect.void : Effect.asVoid(
      executeAlone({ sql: release, params: paramsOf(leases) })
    ),

  leave: (leases) =>
    leases.length === 0 ? Effect.void : Effect.asVoid(
      executeAlone({ sql: leave, params: [...paramsOf(leases), channel] })
    ),

  fence
})
