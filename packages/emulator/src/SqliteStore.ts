/**
 * A store on disk: documents in an SQLite database, the bytes of files in a folder next to it. Everything that
 * had a response survives a crash of the process and of the machine.
 *
 * This module is not part of the package's index: it needs the optional peers `@effect/sql` and
 * `@effect/sql-sqlite-node`, and with them a native module.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as sqlite from "./internal/sqlite.js"
import * as Store from "./Store.js"

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * The database can't be used. `reason` says why:
 *
 * - `Locked`: another process has it open, by this name or another one. One process keeps a file at a time.
 * - `NewerVersion`: a newer version of this package wrote it.
 * - `Foreign`: it is a database, but not one of this package.
 * - `Corrupt`: it is not a database, or a damaged one.
 * - `Unusable`: the file or its folder can't be read or written, or the file is read-only.
 *
 * @since 0.1.0
 * @category errors
 */
export class SqliteStoreError extends Data.TaggedError("SqliteStoreError")<{
  readonly reason: "Locked" | "NewerVersion" | "Foreign" | "Corrupt" | "Unusable"
  readonly filename: string
  readonly message: string
  readonly cause?: unknown
}> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * Where the store is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The database, which is created if it does not exist. Its folder must exist. `:memory:` is refused: see `Store.layerMemory`. */
  readonly filename: string
  /** Default: `<filename>-files`. The folder of uploaded files, which is created if it does not exist. */
  readonly blobs?: string | undefined
}

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Opens a store: checks all of the database for damage, writes to it, brings its schema up to date, and removes what uploads
 * left behind that never ended. Closing the scope closes it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Store.Service, SqliteStoreError, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  sqlite.make(options, (fields) => new SqliteStoreError(fields))

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/**
 * Keeps everything in a file and the folder next to it. Each write is on the disk before its response is sent, so
 * that `kill -9` loses nothing.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 * import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
 * import { NodeContext } from "@effect/platform-node"
 * import { Layer } from "effect"
 *
 * const OpenAiLocal = Emulator.layer({ store: SqliteStore.layer({ filename: "data.db" }) }).pipe(
 *   Layer.provide(NodeContext.layer)
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Store.Store, SqliteStoreError, FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(Store.Store, make(options))
