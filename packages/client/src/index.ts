/**
 * @since 0.1.0
 */
export * as AssistantFiles from "./AssistantFiles.js"
export * as Assistants from "./Assistants.js"
export * as Files from "./Files.js"
export * as OpenAiClient from "./OpenAiClient.js"
export * as Operation from "./Operation.js"
export * as Retry from "./Retry.js"
