/**
 * JSONL: one JSON value on each line.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/Jsonl`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/Jsonl"
