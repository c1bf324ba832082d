/**
 * Lists: the fields of their queries, and the page that they return.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

/**
 * @since 0.1.0
 * @category models
 */
export const Order = Schema.Literal("asc", "desc").pipe(
  described("The order by `created_at`: `asc` is oldest first, `desc` is newest first.", { default: "desc" })
)

/**
 * The maximum number of objects on a page: an integer from 1 to `maximum`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const limit = (options: { readonly maximum: number; readonly default: number }): Schema.Schema<number> =>
  Schema.Int.pipe(
    Schema.between(1, options.maximum),
    described(
      `The maximum number of objects on a page, from 1 to ${options.maximum}. Default: ${options.default}.`,
      { default: options.default }
    )
  )

/**
 * @since 0.1.0
 * @category models
 */
export const After = Field.string("The ID of an object in the list. The page starts with the next object.")

/**
 * @since 0.1.0
 * @category models
 */
export const Before = Field.string("The ID of an object in the list. The page ends with the previous object.")

/**
 * The query of the lists of Assistants v1.
 *
 * @since 0.1.0
 * @category models
 */
export const ListQuery = Struct.make({
  limit: Schema.optional(limit({ maximum: 100, default: 20 })),
  order: Schema.optional(Order),
  after: Schema.optional(After),
  before: Schema.optional(Before)
})

export interface ListQuery extends Schema.Schema.Type<typeof ListQuery> {}

/**
 * A page of a list. On an empty page both cursors are null.
 *
 * @since 0.1.0
 * @category constructors
 */
export const page = <Item extends Schema.Schema.AnyNoContext>(item: Item) =>
  Tolerant.struct({
    data: items(item).pipe(described("The objects of this page."))
  }, {
    object: Field.objectType("list"),
    first_id: Field.nullableString("The ID of the first object; null on an empty page."),
    last_id: Field.nullableString("The ID of the last object; null on an empty page."),
    has_more: Field.boolean("Whether there is a next page.")
  })

/**
 * The objects of a list in a response. Some servers send null for an empty list.
 *
 * @since 0.1.0
 * @category constructors
 */
export const items = <Item extends Schema.Schema.AnyNoContext>(item: Item): Schema.Array$<Item> =>
  Tolerant.coerced(Schema.Array(item), (value) => value === null ? [] : value)
