/**
 * JSON Schema from Schema, for function parameters and for `response_format`.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/JsonSchema`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/JsonSchema"
