/**
 * A durable request to cancel the API's work of an execution.
 *
 * @since 0.1.0
 */
export * as Cancellation from "./Cancellation.js"

/**
 * Batches in a workflow: each is uploaded and created once, and waited for without memory.
 *
 * @since 0.1.0
 */
export * as DurableBatches from "./DurableBatches.js"

/**
 * Fine-tuning jobs in a workflow: their events are followed without memory, over days and restarts.
 *
 * @since 0.1.0
 */
export * as DurableFineTuning from "./DurableFineTuning.js"

/**
 * One call of the client as an activity.
 *
 * @since 0.1.0
 */
export * as DurableOperation from "./DurableOperation.js"

/**
 * Runs of assistants in a workflow: each is created once, waited for, and continued by the process that comes next.
 *
 * @since 0.1.0
 */
export * as DurableRuns from "./DurableRuns.js"

/**
 * Schemas of what a workflow stores: objects of the API, and the errors of the client.
 *
 * @since 0.1.0
 */
export * as Schemas from "./Schemas.js"

/**
 * The call that a tool of a durable loop runs for.
 *
 * @since 0.1.0
 */
export * as ToolCall from "./ToolCall.js"
