/**
 * Assistant files: which files are attached to an assistant.
 *
 * @since 0.1.0
 */
export * as AssistantFiles from "./AssistantFiles.js"

/**
 * Assistants: a model with instructions, tools and files, kept on the server.
 *
 * @since 0.1.0
 */
export * as Assistants from "./Assistants.js"

/**
 * Chat completions: the model's answer to a conversation.
 *
 * @since 0.1.0
 */
export * as ChatCompletions from "./ChatCompletions.js"

/**
 * What the chunks of a streamed chat completion add up to.
 *
 * @since 0.1.0
 */
export * as ChatStream from "./ChatStream.js"

/**
 * Embeddings: texts as vectors.
 *
 * @since 0.1.0
 */
export * as Embeddings from "./Embeddings.js"

/**
 * The transport over fetch.
 *
 * @since 0.1.0
 */
export * as FetchHttpClient from "./FetchHttpClient.js"

/**
 * Files: documents uploaded for assistants, fine-tuning, batches and vision.
 *
 * @since 0.1.0
 */
export * as Files from "./Files.js"

/**
 * Message files: which files are attached to a message.
 *
 * @since 0.1.0
 */
export * as MessageFiles from "./MessageFiles.js"

/**
 * Messages: what was said in a thread.
 *
 * @since 0.1.0
 */
export * as Messages from "./Messages.js"

/**
 * Models: which there are.
 *
 * @since 0.1.0
 */
export * as Models from "./Models.js"

/**
 * The client: credentials, base URL and timeouts in one service.
 *
 * @since 0.1.0
 */
export * as OpenAiClient from "./OpenAiClient.js"

/**
 * Operations as functions: what every resource module is made of.
 *
 * @since 0.1.0
 */
export * as Operation from "./Operation.js"

/**
 * When a failed request is sent again.
 *
 * @since 0.1.0
 */
export * as Retry from "./Retry.js"

/**
 * Runs: an assistant at work on a thread.
 *
 * @since 0.1.0
 */
export * as Runs from "./Runs.js"

/**
 * Run steps: what a run did, one after the other.
 *
 * @since 0.1.0
 */
export * as RunSteps from "./RunSteps.js"

/**
 * What the events of a streamed run add up to.
 *
 * @since 0.1.0
 */
export * as RunStream from "./RunStream.js"

/**
 * What spans tell of messages. Spans and metrics themselves need nothing but a tracer, `@effect/opentelemetry`'s say.
 *
 * @since 0.1.0
 */
export * as Telemetry from "./Telemetry.js"

/**
 * Threads: conversations that the server keeps.
 *
 * @since 0.1.0
 */
export * as Threads from "./Threads.js"

/**
 * Functions that a model may ask for.
 *
 * @since 0.1.0
 */
export * as Tool from "./Tool.js"
