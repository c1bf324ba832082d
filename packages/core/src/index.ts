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
 * What a streamed run tells, event by event.
 *
 * @since 0.1.0
 */
export * as AssistantStream from "./AssistantStream.js"

/**
 * Chat: the model's answer to a conversation.
 *
 * @since 0.1.0
 */
export * as ChatCompletions from "./ChatCompletions.js"

/**
 * Fields that several resources share.
 *
 * @since 0.1.0
 */
export * as Common from "./Common.js"

/**
 * Every operation, by resource.
 *
 * @since 0.1.0
 */
export * as Contract from "./Contract.js"

/**
 * Embeddings: texts as vectors.
 *
 * @since 0.1.0
 */
export * as Embeddings from "./Embeddings.js"

/**
 * One operation of the HTTP API as plain data.
 *
 * @since 0.1.0
 */
export * as Endpoint from "./Endpoint.js"

/**
 * Files: documents uploaded for assistants, fine-tuning, batches and vision.
 *
 * @since 0.1.0
 */
export * as Files from "./Files.js"

/**
 * A file to upload.
 *
 * @since 0.1.0
 */
export * as FileSource from "./FileSource.js"

/**
 * JSON Schema from Schema, for function parameters and `response_format`.
 *
 * @since 0.1.0
 */
export * as JsonSchema from "./JsonSchema.js"

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
 * What an operation can fail with.
 *
 * @since 0.1.0
 */
export * as OpenAiError from "./OpenAiError.js"

/**
 * Lists: what they are asked with, and the page they answer.
 *
 * @since 0.1.0
 */
export * as Pagination from "./Pagination.js"

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
 * Threads: conversations that the server keeps.
 *
 * @since 0.1.0
 */
export * as Threads from "./Threads.js"

/**
 * Answers are read tolerantly and judged exactly.
 *
 * @since 0.1.0
 */
export * as Tolerant from "./Tolerant.js"
