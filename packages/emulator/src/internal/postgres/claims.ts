import * as Effect from "effect/Effect"
import type { SharedState } from "../../SharedState.js"
import type { StoreError } from "../../Store.js"
import type { Connections } from "./connection.js"
import { isSeen } from "./leases.js"

// What one process does at a time. A claim ends with its process.

const isLiving = `EXISTS (SELECT FROM nodes WHERE nodes.id = claims.node AND ${isSeen})`

/** A process knows what it does itself, and may have failed to release it. */
const claim = `INSERT INTO claims (name, node) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET node = excluded.node WHERE claims.node = excluded.node OR NOT ${isLiving}
  RETURNING name`

export const make = (
  { execute }: Connections,
  node: string
): Pick<SharedState, "claim" | "release"> & { readonly removeClaims: Effect.Effect<void, StoreError> } => ({
  claim: (name) => Effect.map(execute({ sql: claim, params: [name, node] }), ([row]) => row !== undefined),
  release: (name) =>
    Effect.asVoid(execute({ sql: "DELETE FROM claims WHERE name = $1 AND node = $2", params: [name, node] })),
  removeClaims: Effect.asVoid(execute({ sql: `DELETE FROM claims WHERE NOT ${isLiving}`, params: [] }))
})
