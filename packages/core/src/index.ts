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
 * Answers are read tolerantly and judged exactly.
 *
 * @since 0.1.0
 */
export * as Tolerant from "./Tolerant.js"
