/**
 * JSON Schema from Schema, for function parameters and for `response_format`.
 *
 * @since 0.1.0
 */
import * as JSONSchema from "effect/JSONSchema"
import type * as Schema from "effect/Schema"

/**
 * A JSON Schema object.
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonSchema {
  readonly [key: string]: unknown
}

/** `Schema.Struct({})` accepts anything except null. For a model it means an object without properties. */
const emptyStruct = { type: "object", properties: {}, additionalProperties: false }

/** Removes the `$id`s of Effect's own Schemas. Each may occur only once in a document, and models do not know them. */
const withoutIds = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(withoutIds)
  if (typeof node !== "object" || node === null) return node
  const { $id, ...rest } = node as JsonSchema
  if ($id === "/schemas/%7B%7D") return emptyStruct
  const own = typeof $id === "string" && $id.startsWith("/schemas/") || $id === undefined
  return Object.fromEntries(Object.entries(own ? rest : node).map(([key, value]) => [key, withoutIds(value)]))
}

/**
 * Returns the JSON Schema of a Schema's encoded side, which is what a model must write. Like `JSONSchema.make`, it throws
 * for a Schema without a JSON Schema, such as a `bigint` or a class instance.
 *
 * @example
 * import { JsonSchema } from "@effect-openai/core"
 * import * as Schema from "effect/Schema"
 *
 * const parameters = JsonSchema.fromSchema(Schema.Struct({ city: Schema.String }))
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromSchema = <A, I, R>(schema: Schema.Schema<A, I, R>): JsonSchema => {
  const definitions: Record<string, JSONSchema.JsonSchema7> = {}
  const root = JSONSchema.fromAST(schema.ast, { definitions, topLevelReferenceStrategy: "skip" })
  return withoutIds(Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions }) as JsonSchema
}

/**
 * Returns a `response_format` for JSON that fits a Schema. Default: `strict` is true. The API then accepts only a subset
 * of JSON Schema: every field is required, and nullable instead of optional.
 *
 * @example
 * import { JsonSchema } from "@effect-openai/core"
 * import * as Schema from "effect/Schema"
 *
 * const response_format = JsonSchema.responseFormat("result", Schema.Struct({ result: Schema.Number }))
 *
 * @since 0.1.0
 * @category constructors
 */
export const responseFormat = <A, I, R>(
  name: string,
  schema: Schema.Schema<A, I, R>,
  options?: { readonly description?: string | undefined; readonly strict?: boolean | undefined }
): {
  readonly type: "json_schema"
  readonly json_schema: {
    readonly name: string
    readonly description?: string | undefined
    readonly schema: JsonSchema
    readonly strict: boolean
  }
} => ({
  type: "json_schema",
  json_schema: {
    name,
    ...(options?.description === undefined ? {} : { description: options.description }),
    schema: fromSchema(schema),
    strict: options?.strict ?? true
  }
})
