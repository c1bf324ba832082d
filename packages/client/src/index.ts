/**
 * Assistant files: which files are attached to an assistant.
 *
 * @since 0.1.0
 */
export * as AssistantFiles from "./AssistantFiles.js"

/**
 * Assistants.
 *
 * @since 0.1.0
 */
export * as Assistants from "./Assistants.js"

/**
 * Files.
 *
 * @since 0.1.0
 */
export * as Files from "./Files.js"

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
