import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { type Aggregate, CursorNotFound, type Page, type Query, StoreError, type Sums } from "../Store.js"

// What the stores in databases have in common: errors, and what becomes of the rows of their statements.

// -----------------------------------------------------------------------------
// statements
// -----------------------------------------------------------------------------

export type Rows = ReadonlyArray<any>

export const execute = (connection: Connection, sql: string, params: ReadonlyArray<unknown> = []) =>
  connection.execute(sql, params, undefined)

/** The comparisons of a range. */
export const comparisons: Readonly<Record<string, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=" }

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/** The code of an error of a database, or of the connection to it. */
export const codeOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return ""
  if ("code" in error && typeof error.code === "string") return error.code
  return "cause" in error ? codeOf(error.cause) : ""
}

export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return messageOf(error.cause)
  // Node tries each address of a host.
  const [first] = error instanceof AggregateError ? error.errors : []
  return first === undefined ? error.message : messageOf(first)
}

export const failed = (error: SqlError): StoreError => new StoreError({ message: messageOf(error), cause: error })

/** Says that a newer version has changed the schema. */
export const newerVersion = (name: string, version: number, known: number): string =>
  `${name} was written by a newer version of the emulator: its schema has version ${version}, ` +
  `the newest one known here is ${known}.`

// -----------------------------------------------------------------------------
// rows
// -----------------------------------------------------------------------------

/** The documents of rows are those that were written, so they have the collection's type. */
export const documentsOf = (rows: Rows): Effect.Effect<Array<any>, StoreError> =>
  Effect.try({
    try: () => rows.map(({ document }) => JSON.parse(document)),
    catch: (cause) => new StoreError({ message: "A document is not the JSON that was written.", cause })
  })

/** Where the rows of a page are: beyond positions, in a direction. */
export interface Bounds<Position> {
  readonly after: Position | undefined
  readonly before: Position | undefined
  readonly isUpwards: boolean
}

/** A page of a list. `selectRows` selects one row more than the page has. */
export const pageOf = <A, Position>(
  { after, before, limit, order }: Query<A>,
  selectPosition: (id: string) => Effect.Effect<Rows, StoreError>,
  selectRows: (bounds: Bounds<Position>) => Effect.Effect<Rows, StoreError>
): Effect.Effect<Page<any>, StoreError | CursorNotFound> =>
  Effect.gen(function*() {
    const positionOf = (cursor: "after" | "before", id: string | undefined) =>
      id === undefined ? Effect.succeed(undefined) : Effect.flatMap(
        selectPosition(id),
        ([position]) =>
          position === undefined ? new CursorNotFound({ cursor, id }) : Effect.succeed(position as Position)
      )
    const bounds = { after: yield* positionOf("after", after), before: yield* positionOf("before", before) }
    const isBackwards = after === undefined && before !== undefined
    const rows = yield* selectRows({ ...bounds, isUpwards: (order === "asc") !== isBackwards })
    const data = yield* documentsOf(rows.slice(0, limit))
    return { data: isBackwards ? data.reverse() : data, hasMore: rows.length > limit }
  })

/** The sums of a row, whose columns are named by the numbers of the fields. */
export const sumsOf = (
  { by, sum }: Aggregate<any>,
  row: Readonly<Record<string, any>>,
  valueOf: (column: any, field: string) => unknown
): Sums => ({
  time: Number(row["time"]),
  count: row["count"],
  by: Object.fromEntries(by.map((field, index) => [field, valueOf(row[`by${index}`], field)])),
  sum: Object.fromEntries(sum.map((field, index) => [field, row[`sum${index}`]]))
})
