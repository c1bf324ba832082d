import type { Aggregate, Collection, Document, Intent, Query, Where } from "../../Store.js"
import { entriesOf, OneOf, Range } from "../conditions.js"
import { maxDeleted } from "../memory.js"
import { type Bounds, comparisons } from "../sql.js"
import { fieldsOf, keyOf, valueOf } from "./fields.js"

export interface Statement {
  readonly sql: string
  readonly params: ReadonlyArray<unknown>
}

/** The place of a document in its list: its second, and a number that grows with each insertion. */
export interface Position {
  readonly created_at: string
  readonly sequence: string
}

const isThis = "collection = $1 AND parent = $2 AND id = $3"

const locks: Readonly<Record<Intent, string>> = { read: "", share: " FOR SHARE", update: " FOR UPDATE" }

export const select = (collection: string, parent: string, id: string, intent: Intent): Statement => ({
  sql: `SELECT document FROM documents WHERE ${isThis} AND deleted IS NULL${locks[intent]}`,
  params: [collection, keyOf(parent), keyOf(id)]
})

export const selectPosition = (collection: string, parent: string, id: string): Statement => ({
  sql: `SELECT created_at, sequence FROM documents WHERE ${isThis}`,
  params: [collection, keyOf(parent), keyOf(id)]
})

const insertion = `INSERT INTO documents (collection, parent, id, created_at, document, fields)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (collection, parent, id) DO UPDATE SET document = excluded.document, fields = excluded.fields`

const valuesOf = <A extends Document>({ name, parentOf, timeOf }: Collection<A>, document: A) => [
  name,
  keyOf(parentOf(document)),
  keyOf(document.id),
  timeOf(document),
  JSON.stringify(document),
  fieldsOf(document)
]

/** Returns no row where there is a document. One that was deleted gets a new place. */
export const insert = <A extends Document>(collection: Collection<A>, document: A): Statement => ({
  sql: `${insertion}, sequence = excluded.sequence, created_at = excluded.created_at, deleted = NULL
    WHERE documents.deleted IS NOT NULL RETURNING sequence`,
  params: valuesOf(collection, document)
})

/** A document that is there keeps its place; one that was deleted gets a new one. */
export const upsert = <A extends Document>(collection: Collection<A>, document: A): Statement => ({
  sql: `${insertion},
    sequence = CASE WHEN documents.deleted IS NULL THEN documents.sequence ELSE excluded.sequence END,
    created_at = CASE WHEN documents.deleted IS NULL THEN documents.created_at ELSE excluded.created_at END,
    deleted = NULL`,
  params: valuesOf(collection, document)
})

/**
 * Removes a document, and forgets the places of those that were deleted long ago. A deletion that is undone has taken its
 * number too. A place that another transaction forgets already is left to it.
 */
export const remove = (collection: string, parent: string, id: string): Statement => ({
  sql: `WITH removed AS (
      UPDATE documents SET document = NULL, fields = NULL, deleted = nextval('deletions')
      WHERE ${isThis} AND deleted IS NULL RETURNING deleted
    ), forgotten AS (
      DELETE FROM documents WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM documents
        WHERE deleted <= (SELECT deleted FROM removed) - ${maxDeleted}
        ORDER BY deleted LIMIT 100 FOR UPDATE SKIP LOCKED
      ))
    )
    SELECT deleted FROM removed`,
  params: [collection, keyOf(parent), keyOf(id)]
})

/** Collects the parameters of a statement. */
class Parameters {
  readonly all: Array<unknown> = []
  add(value: unknown): string {
    return `$${this.all.push(value)}`
  }
}

/** A field, whose name must be a part of the statement: only then an index can have it. */
const fieldOf = (name: string): string => `fields -> '${keyOf(name).replaceAll("'", "''")}'`

const conditionsOf = (where: Where<any>, params: Parameters): ReadonlyArray<string> =>
  entriesOf(where).flatMap(([name, wanted]): ReadonlyArray<string> => {
    const field = fieldOf(name)
    if (wanted instanceof OneOf) return [`${field} ?| ${params.add(wanted.values.map(keyOf))}::text[]`]
    if (wanted instanceof Range) {
      return entriesOf(wanted.limits).map(([limit, value]) =>
        `jsonb_typeof(${field}) = 'number' AND ${field} ${comparisons[limit]} ${
          params.add(JSON.stringify(value))
        }::jsonb`
      )
    }
    if (name === "id" && typeof wanted === "string") return [`id = ${params.add(keyOf(wanted))}`]
    const value = valueOf(wanted)
    return [value === undefined ? "FALSE" : `${field} = ${params.add(JSON.stringify(value))}::jsonb`]
  })

/** Those on one side of a position. */
const beyond = (position: Position | undefined, upwards: boolean, params: Parameters): ReadonlyArray<string> =>
  position === undefined ? [] : [
    `(created_at, sequence) ${upwards ? ">" : "<"} (${params.add(position.created_at)}, ${
      params.add(position.sequence)
    })`
  ]

/** One document more than the page has. */
export const page = (
  collection: string,
  { limit, order, parent = "", where = {} }: Query<any>,
  { after, before, isUpwards }: Bounds<Position>
): Statement => {
  const params = new Parameters()
  const conditions = [
    "deleted IS NULL",
    `collection = ${params.add(collection)}`,
    `parent = ${params.add(keyOf(parent))}`,
    ...conditionsOf(where, params),
    ...beyond(after, order === "asc", params),
    ...beyond(before, order !== "asc", params)
  ]
  const direction = isUpwards ? "ASC" : "DESC"
  return {
    sql: `SELECT document FROM documents WHERE ${conditions.join(" AND ")}
      ORDER BY created_at ${direction}, sequence ${direction} LIMIT ${params.add(limit + 1)}`,
    params: params.all
  }
}

export const find = (collection: string, where: Where<any>): Statement => {
  const params = new Parameters()
  const conditions = ["deleted IS NULL", `collection = ${params.add(collection)}`, ...conditionsOf(where, params)]
  return { sql: `SELECT document FROM documents WHERE ${conditions.join(" AND ")}`, params: params.all }
}

/** The sums of an aggregate, in columns that are named by their numbers, and a document of each. */
export const sums = (
  collection: string,
  { by, from, parent = "", sum, to, where = {}, width }: Aggregate<any>
): Statement => {
  const params = new Parameters()
  const columns = [
    `created_at - created_at % ${params.add(width)}::bigint AS time`,
    "count(*)::int AS count",
    "min(id) AS sample",
    ...by.map((name, index) => `coalesce(${fieldOf(name)}, 'null') AS by${index}`),
    ...sum.map((name, index) =>
      `coalesce(sum((${fieldOf(name)})::float8) FILTER (WHERE jsonb_typeof(${
        fieldOf(name)
      }) = 'number'), 0) AS sum${index}`
    )
  ]
  const conditions = [
    "deleted IS NULL",
    `collection = ${params.add(collection)}`,
    `parent = ${params.add(keyOf(parent))}`,
    `created_at >= ${params.add(from)}`,
    `created_at < ${params.add(to)}`,
    ...conditionsOf(where, params)
  ]
  return {
    sql: `SELECT ${columns.join(", ")} FROM documents WHERE ${conditions.join(" AND ")}
      GROUP BY time ${by.map((_, index) => `, by${index}`).join("")}`,
    params: params.all
  }
}

/** Documents by their identifiers as they are in keys. */
export const samples = (collection: string, parent: string, keys: ReadonlyArray<string>): Statement => ({
  sql: `SELECT id, document FROM documents
    WHERE deleted IS NULL AND collection = $1 AND parent = $2 AND id = ANY($3::text[])`,
  params: [collection, keyOf(parent), keys]
})
