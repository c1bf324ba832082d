/**
 * Lists: what every one of them is asked with, and the page that every one of them answers.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"
import * as Tolerant from "./Tolerant.js"

/**
 * The direction of a list by the time its objects were created.
 *
 * @since 0.1.0
 * @category models
 */
export const Order = Schema.Literal("asc", "desc").pipe(
  described("The order by `created_at`: `asc` gives the oldest first, `desc` the newest first.", { default: "desc" })
)

/**
 * A number of objects for one page, from 1 to `maximum`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const limit = (options: { readonly maximum: number; readonly default: number }): Schema.Schema<number> =>
  Schema.Int.pipe(
    Schema.between(1, options.maximum),
    described(
      `How many objects a page holds at the most, from 1 to ${options.maximum}; ${options.default} unless told.`,
      { default: options.default }
    )
  )

/**
 * The cursor that leads forwards.
 *
 * @since 0.1.0
 * @category models
 */
export const After = Schema.String.pipe(
  described("The ID of an object in the list; the page begins with the one that follows it.")
)

/**
 * The cursor that leads backwards.
 *
 * @since 0.1.0
 * @category models
 */
export const Before = Schema.String.pipe(
  described("The ID of an object in the list; the page ends with the one that precedes it.")
)

/**
 * What the lists of Assistants v1 are asked with.
 *
 * @since 0.1.0
 * @category models
 */
export const ListQuery = Schema.Struct({
  limit: Schema.optional(limit({ maximum: 100, default: 20 })),
  order: Schema.optional(Order),
  after: Schema.optional(After),
  before: Schema.optional(Before)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ListQuery extends Schema.Schema.Type<typeof ListQuery> {}

/**
 * A page of a list. An empty one has null for both cursors; some servers leave out all three of the last fields.
 *
 * @since 0.1.0
 * @category constructors
 */
export const page = <Item extends Schema.Schema.AnyNoContext>(
  item: Item
): Schema.Struct<{
  object: Schema.Literal<["list"]>
  data: Schema.Array$<Item>
  first_id: Schema.optional<Schema.NullOr<typeof Schema.String>>
  last_id: Schema.optional<Schema.NullOr<typeof Schema.String>>
  has_more: Schema.optional<typeof Schema.Boolean>
}> =>
  Schema.Struct({
    object: Schema.Literal("list").pipe(described("The object type, always `list`.")),
    data: Schema.Array(item).pipe(described("The objects of this page.")),
    first_id: Tolerant.optional(
      Schema.NullOr(Schema.String).pipe(described("The ID of the first object; null on an empty page."))
    ),
    last_id: Tolerant.optional(
      Schema.NullOr(Schema.String).pipe(described("The ID of the last object; null on an empty page."))
    ),
    has_more: Tolerant.optional(Schema.Boolean.pipe(described("Whether another page follows this one.")))
  })
