/**
 * @since 0.1.0
 */
export * as AssistantFiles from "./AssistantFiles.js"
export * as Assistants from "./Assistants.js"
export * as Common from "./Common.js"
export * as Contract from "./Contract.js"
export * as Endpoint from "./Endpoint.js"
export * as Files from "./Files.js"
export * as FileSource from "./FileSource.js"
export * as OpenAiError from "./OpenAiError.js"
export * as Pagination from "./Pagination.js"
export * as Tolerant from "./Tolerant.js"
