/**
 * Schemas that read what servers send, and keep what is documented.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/Tolerant`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/Tolerant"
