/**
 * The errors of operations: one class for each case that a caller handles differently, matched by `_tag`.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/OpenAiError`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/OpenAiError"
