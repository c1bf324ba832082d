/**
 * Errors of the client as errors of `@effect/ai`, and back.
 *
 * @since 0.1.0
 */
export * as AiErrors from "./AiErrors.js"

/**
 * `EmbeddingModel` of `@effect/ai` over embeddings.
 *
 * @since 0.1.0
 */
export * as OpenAiEmbeddingModel from "./OpenAiEmbeddingModel.js"

/**
 * `LanguageModel` of `@effect/ai` over chat completions.
 *
 * @since 0.1.0
 */
export * as OpenAiLanguageModel from "./OpenAiLanguageModel.js"

/**
 * `Tokenizer` of `@effect/ai`, by the package `gpt-tokenizer`.
 *
 * @since 0.1.0
 */
export * as OpenAiTokenizer from "./OpenAiTokenizer.js"
