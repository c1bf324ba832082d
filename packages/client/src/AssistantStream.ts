/**
 * Assistant stream: the events of a streamed run.
 *
 * @since 0.1.0
 */

/**
 * All of `@effect-openai/core/AssistantStream`. A declaration that names it by the client needs no dependency on core.
 *
 * @since 0.1.0
 */
export * from "@effect-openai/core/AssistantStream"
