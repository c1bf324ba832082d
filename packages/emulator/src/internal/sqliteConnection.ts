import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { codeOf } from "./sql.js"

/** A connection, until the scope ends. Creates the file where it does not exist. */
export const connect = (filename: string) =>
  Layer.build(SqliteClient.layer({ filename, disableWAL: true, prepareCacheTTL: Duration.infinity })).pipe(
    // What opens the file throws.
    Effect.catchAllDefect(Effect.fail),
    Effect.flatMap((context) => Context.get(context, SqlClient.SqlClient).reserve)
  )

export const pragma = (connection: Connection, name: string) =>
  Effect.map(connection.executeValues(`PRAGMA ${name}`, []), ([row]) => row?.[0])

/** Whether another connection has a lock. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))
