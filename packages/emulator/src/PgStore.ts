/**
 * A store in a PostgreSQL database: documents in tables, and the bytes of files as chunks. Several processes can use a
 * database at the same time. Everything that had a response survives a crash of the process, and of the database.
 *
 * This module is not part of the package's index: it needs the optional peers `@effect/sql` and `@effect/sql-pg`.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as postgres from "./internal/postgres/store.js"
import * as Store from "./Store.js"

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * The database can't be used. `reason` says why:
 *
 * - `Unreachable`: no server responds there.
 * - `Denied`: the server refuses the user or the password, or the user may not create tables.
 * - `NotFound`: the server has no such database, or the search path has no schema that the user may use.
 * - `NewerVersion`: a newer version of this package wrote it.
 * - `Foreign`: its schema has the tables of something else.
 * - `Unusable`: anything else, as a URL that is not one.
 *
 * Neither the message nor `database` has the user or the password.
 *
 * @since 3.0.0
 * @category errors
 */
export class PgStoreError extends Data.TaggedError("PgStoreError")<{
  readonly reason: "Unreachable" | "Denied" | "NotFound" | "NewerVersion" | "Foreign" | "Unusable"
  /** The host, the port and the name of the database. */
  readonly database: string
  readonly message: string
  readonly cause?: unknown
}> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * Where the store is.
 *
 * @since 3.0.0
 * @category models
 */
export interface Options {
  /**
   * The database, `postgres://user:password@host:5432/database` for example. Its tables are created in the first schema of
   * the user's search path. The parameter `?options=-c%20search_path%3Dname` names another schema, which must exist.
   */
  readonly url: Redacted.Redacted
  /**
   * Default: 10. The maximum number of connections. Further statements and transactions wait in FIFO order. Two more
   * connections are for leases and notifications.
   */
  readonly maxConnections?: number | undefined
  /** Default: 5 seconds. How long a connection may take to be opened. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /**
   * Default: `database`. The clock that states times: the one of the database, which all processes share, or that of the
   * process. The option `clock` of the emulator comes before it.
   */
  readonly clock?: "database" | "process" | undefined
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Opens a store: creates its tables or brings them up to date, and removes bytes that dead processes left behind an hour ago
 * or earlier. Closing the scope closes its connections.
 *
 * @since 3.0.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Store.Service, PgStoreError, Scope.Scope> =>
  postgres.make(options, (fields) => new PgStoreError(fields))

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/**
 * Keeps everything in a PostgreSQL database, version 13 or newer. Several processes can use it, and share the work: a run, a
 * batch, a fine-tuning job or an upload is continued by another process where its own ends, within 8 seconds.
 *
 * One connection listens for notifications as long as the store is open, so a pooler must keep sessions.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import * as PgStore from "@effect-openai/emulator/PgStore"
 * import { Config, Effect, Layer } from "effect"
 *
 * const OpenAiShared = Emulator.layer({
 *   store: Layer.unwrapEffect(Effect.map(Config.redacted("DATABASE_URL"), (url) => PgStore.layer({ url })))
 * })
 *
 * @since 3.0.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Store.Store, PgStoreError> =>
  Layer.scoped(Store.Store, make(options))
