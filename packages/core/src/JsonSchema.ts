/**
 * JSON Schema from Schema, in the form that function parameters and `response_format` take, so that nobody writes both.
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

/** A Struct without fields takes anything but null. Of a model, and as parameters, an object is meant. */
const emptyStruct = { type: "object", properties: {}, additionalProperties: false }

/** Drops the `$id`s of Effect's own Schemas: each may stand only once in a document, and models know none of them. */
const tidy = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(tidy)
  if (typeof node !== "object" || node === null) return node
  const { $id, ...rest } = node as JsonSchema
  if ($id === "/schemas/%7B%7D") return emptyStruct
  const own = typeof $id === "string" && $id.startsWith("/schemas/") || $id === undefined
  return Object.fromEntries(Object.entries(own ? rest : node).map(([key, value]) => [key, tidy(value)]))
}

/**
 * What a model must write for a Schema to decode it. Like `JSONSchema.make` it throws, when the program is put together
 * and not when it runs, for a Schema that has no such form (a `bigint`, say, or a class instance).
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
  return tidy(Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions }) as JsonSchema
}

/**
 * A `response_format` that holds the model to a Schema. `strict` is true unless told; the API then takes only a part of
 * JSON Schema: every field required, nullable instead of optional.
 *
 * @example
 * import { JsonSchema } from "@effect-openai/core"
 * import * as Schema from "effect/Schema"
 *
 * const response_format = JsonSchema.responseFormat("answer", Schema.Struct({ answer: Schema.Number }))
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
